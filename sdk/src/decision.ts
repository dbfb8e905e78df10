import { VERDICTS, wordsOf } from './effects.ts';
import type { Span } from './match.ts';
import { redact } from './redact.ts';
import type { Rule, RuleParameters, Surface } from './rule.ts';

/** Sampling parameters of one model request; a field that is absent was left to the model's default. */
export interface Sampling {
  temperature?: number;
  topP?: number;
  candidates?: number;
}

/** What a serving layer knows of one interaction; a field that is absent matches no scope that names it. */
export interface DecisionRequest {
  /** Names the request in its rollouts, the same for prompt and answer. */
  id?: string | null;
  model?: string | null;
  version?: string | null;
  tenant?: string | null;
  tier?: string | null;
  /** Who asked: samples for the review queue carry it, and alarms say how many callers there were. */
  actor?: string | null;
  language?: string | null;
  surface?: Surface | null;
  /** The product feature that asks, in the operator's own words. */
  feature?: string | null;
  sampling?: Sampling | null;
  prompt?: string | null;
  completion?: string | null;
  /**
   * What stands in the texts in another spelling, as its reader reads it: a string of JSON, say. Each is judged by itself.
   * From there nothing can be removed, so a rule that redacts blocks.
   */
  readings?: { [Part in TextPart]?: readonly string[] } | null;
}

export interface DecideOptions {
  /**
   * Whether each string of JSON in the texts is judged too, as its reader reads it. From there nothing can be removed, so
   * a rule that redacts blocks what it would hit in what is left. As of `stream`; the integrations do this.
   */
  json?: boolean;
  /** Another look at what has been decided: it counts as no decision of its own. */
  uncounted?: boolean;
}

export type Verdict = 'allow' | 'flag' | 'require_review' | 'warn' | 'redact' | 'replace' | 'block';
export type TextPart = 'prompt' | 'completion';

/** One rule that hit one part of the interaction. */
export interface Hit {
  id: string;
  ref: string;
  action: Rule['action'];
  mode: Rule['mode'];
  parameters: RuleParameters;
  target: TextPart;
  spans: Span[];
}

/** A rule that hit; `target` is where it did. */
export interface RuleHit {
  id: string;
  ref: string;
  action: Rule['action'];
  mode: Rule['mode'];
  target: Rule['target'];
}

/**
 * The text of a part, null where the request has none. An empty prompt is a prompt, and a request without any text is
 * one that is about to be asked: what is switched off is off for both.
 */
export function textOf({ prompt, completion }: DecisionRequest, part: TextPart): string | null {
  if (part === 'completion') return completion || null;
  return prompt ?? (completion ? null : '');
}

export interface Decision {
  /** The strongest of the enforced hits; shadow hits never change it. */
  verdict: Verdict;
  rules: RuleHit[];
  /** For `redact` and `replace`, when the completion was touched: what to serve instead. */
  text?: string;
  /** For `redact`, when the prompt was touched: what to send to the model instead. */
  prompt?: string;
  /** What to tell the user, for `block` and `warn`: the strongest rule's own words, else that something was held back. */
  message?: string;
  /** The parameters to use, where a rule sets or caps them; whatever the verdict. */
  sampling?: Sampling;
  /** The ruleset that decided; 0 when there was none. */
  seq: number;
}

/** What the hits mean for the answer. Pure. */
export function resolve(hits: readonly Hit[], request: DecisionRequest, seq: number): Decision {
  const rules = new Map<string, RuleHit>();
  for (const { id, ref, action, mode, target } of hits) {
    const before = rules.get(id);
    const both = before !== undefined && before.target !== target;
    rules.set(id, { id, ref, action, mode, target: both ? 'both' : target });
  }
  const enforced = hits.filter((hit) => hit.mode === 'enforce');
  const strongest = VERDICTS.find(([action]) => enforced.some((hit) => hit.action === action));
  const [action, verdict] = strongest ?? [undefined, 'allow' as const];
  const decision: Decision = { verdict, rules: [...rules.values()], seq };
  const first = enforced.find((hit) => hit.action === action);
  const words = first && wordsOf(first);
  switch (verdict) {
    case 'block':
    case 'warn':
      if (words !== undefined) decision.message = words;
      break;
    case 'replace':
      if (words !== undefined) decision.text = words;
      break;
    case 'redact': {
      const removals = enforced.filter((hit) => hit.action === 'redact');
      const inCompletion = removals.filter((hit) => hit.target === 'completion');
      const inPrompt = removals.filter((hit) => hit.target === 'prompt');
      if (inCompletion.length > 0) decision.text = redact(request.completion ?? '', inCompletion);
      if (inPrompt.length > 0) decision.prompt = redact(request.prompt ?? '', inPrompt);
      break;
    }
    default:
      break;
  }
  const sampling = bounded(enforced, request.sampling ?? {});
  if (sampling) decision.sampling = sampling;
  return decision;
}

/**
 * The request's sampling parameters under every rule that bounds them: first what is set, then what is capped; of
 * several the lowest counts. A parameter left to the model's default is not known to be lower, so a cap sets it.
 */
function bounded(enforced: readonly Hit[], given: Sampling): Sampling | undefined {
  const bounds = enforced.flatMap(({ action, parameters }) =>
    action === 'sampling' && parameters.sampling ? [parameters.sampling] : [],
  );
  if (bounds.length === 0) return undefined;
  const result: Sampling = { ...given };
  for (const name of ['temperature', 'topP', 'candidates'] as const) {
    const of = bounds.flatMap((bound) => bound[name] ?? []);
    const sets = of.flatMap((bound) => ('set' in bound ? bound.set : []));
    const caps = of.flatMap((bound) => ('max' in bound ? bound.max : []));
    const wanted = sets.length > 0 ? Math.min(...sets) : given[name];
    const values = [...(wanted === undefined ? [] : [wanted]), ...caps];
    if (values.length > 0) result[name] = Math.min(...values);
  }
  return result;
}
