import { errorFields, log } from '#lib/log';
import type { Decision, DecisionRequest, Sampling } from '#sdk/decision';
import type { Guard } from '#sdk/guard';
import {
  type Context,
  decidePrompt,
  STOPPED,
  servedText,
  stopsToolCall,
  toolWords,
} from '#sdk/integrations/exchange';

export type Phase = 'request' | 'response';

/** What to do where there is no ruleset, or where deciding failed. */
export type FailMode = 'open' | 'closed';

/** One question in the words that all contracts have in common. */
export interface Question {
  phase: Phase;
  identity: Context;
  texts: readonly string[];
  /** What tools would be called with; it passes as it is or not at all. */
  toolInputs?: readonly string[];
}

/** Why an answer could not be trusted fully; it travels in `x-stopgap-degraded`. */
export type Degraded = 'no-ruleset' | 'stale' | 'error';

export type Outcome = { degraded: Degraded | null; decisions: Decision[] } & (
  | { kind: 'pass'; sampling?: Sampling }
  | { kind: 'block'; reason: string }
  /** As many texts as were asked about, in their order. */
  | { kind: 'rewrite'; texts: string[]; sampling?: Sampling }
);

export interface Evaluator {
  /** One decision, as `POST /v1/decide` answers it. */
  decide(request: DecisionRequest): { decision: Decision; degraded: Degraded | null };
  /** The texts of one call: a prompt is decided as one, every answer by itself. Never throws. */
  check(question: Question): Outcome;
  /** The outcome for what cannot be read, by the fail mode. */
  unreadable(): Outcome;
  /** Runs what may throw; then, or while everything is refused, answers by the fail mode instead. */
  attempt<T>(run: () => T): { value: T } | { outcome: Outcome };
  degraded(): Degraded | null;
  /** The decision for everything while there is no ruleset and this sidecar fails closed; else null. */
  refusal(): Decision | null;
}

const NO_RULESET = 'No ruleset has reached this sidecar yet, and it is set to fail closed.';
const FAILED = 'The rules could not be applied, and this sidecar is set to fail closed.';

/** The one place where rules are applied for other languages; adapters only translate to and from it. */
export function createEvaluator(guard: Guard, fail: FailMode): Evaluator {
  const degraded = (): Degraded | null => {
    const { seq, state } = guard.status();
    if (seq === 0) return 'no-ruleset';
    return state === 'stale' ? 'stale' : null;
  };
  const closed = (message: string): Decision => ({ verdict: 'block', rules: [], message, seq: 0 });

  const refusal = () => (fail === 'closed' && degraded() === 'no-ruleset' ? closed(NO_RULESET) : null);

  /** Null where there is a ruleset, or where none is needed. */
  const notReady = (): Outcome | null => {
    const refused = refusal();
    return refused && { kind: 'block', reason: NO_RULESET, degraded: 'no-ruleset', decisions: [refused] };
  };
  const failed = (): Outcome =>
    fail === 'closed'
      ? { kind: 'block', reason: FAILED, degraded: 'error', decisions: [closed(FAILED)] }
      : { kind: 'pass', degraded: 'error', decisions: [] };
  const unreadable = () => notReady() ?? failed();

  const attempt = <T>(run: () => T): { value: T } | { outcome: Outcome } => {
    const outcome = notReady();
    if (outcome) return { outcome };
    try {
      return { value: run() };
    } catch (error) {
      log('error', 'sidecar: deciding failed', errorFields(error));
      return { outcome: failed() };
    }
  };

  const check = (question: Question): Outcome => {
    const state = degraded();
    const attempted = attempt(() =>
      question.phase === 'request' ? checkPrompt(guard, question) : checkAnswers(guard, question),
    );
    return 'value' in attempted ? { ...attempted.value, degraded: state } : attempted.outcome;
  };

  return {
    degraded,
    refusal,
    check,
    unreadable,
    attempt,
    decide: (request) => {
      const state = degraded();
      const attempted = attempt(() =>
        guard.decide(request.prompt || request.completion ? request : { ...request, prompt: WORDLESS }),
      );
      if ('value' in attempted) return { decision: attempted.value, degraded: state };
      const [decision = OPEN] = attempted.outcome.decisions;
      return { decision, degraded: attempted.outcome.degraded };
    },
  };
}

/** Stands for a request without words: a rule that switches a model off needs none. */
const WORDLESS = ' ';
const OPEN: Decision = { verdict: 'allow', rules: [], seq: 0 };

type Checked = Outcome extends infer O ? (O extends unknown ? Omit<O, 'degraded'> : never) : never;

function checkPrompt(guard: Guard, { identity, texts, toolInputs: calls = [] }: Question): Checked {
  const toolInputs = calls.map(toolWords);
  const words = [...texts, ...toolInputs];
  const isWordless = words.every((text) => text === '');
  const outcome = decidePrompt(guard, identity, isWordless ? [WORDLESS] : words);
  const decisions = [outcome.decision];
  if (outcome.blocked) return { kind: 'block', reason: outcome.message, decisions };
  // A rule that replaces the answer does so before there is one: the model is not asked.
  if (outcome.decision.verdict === 'replace') {
    return { kind: 'block', reason: outcome.decision.text ?? STOPPED, decisions };
  }
  const sampling = outcome.sampling && { sampling: outcome.sampling };
  if (isWordless) return { kind: 'pass', decisions, ...sampling };
  const cleaned = outcome.texts.slice(0, texts.length);
  if (
    outcome.texts.some((text, index) => index >= texts.length && text !== toolInputs[index - texts.length])
  ) {
    return { kind: 'block', reason: STOPPED, decisions };
  }
  const changed = cleaned.some((text, index) => text !== texts[index]);
  return changed
    ? { kind: 'rewrite', texts: cleaned, decisions, ...sampling }
    : { kind: 'pass', decisions, ...sampling };
}

function checkAnswers(guard: Guard, { identity, texts, toolInputs = [] }: Question): Checked {
  const decisions: Decision[] = [];
  for (const input of toolInputs) {
    const decision = guard.decide({ ...identity, completion: toolWords(input) });
    decisions.push(decision);
    if (stopsToolCall(decision)) return { kind: 'block', reason: decision.message ?? STOPPED, decisions };
  }
  const served: string[] = [];
  for (const text of texts) {
    const decision = guard.decide({ ...identity, completion: text });
    decisions.push(decision);
    if (decision.verdict === 'block') {
      return { kind: 'block', reason: decision.message ?? STOPPED, decisions };
    }
    served.push(servedText(decision, text));
  }
  return served.some((text, index) => text !== texts[index])
    ? { kind: 'rewrite', texts: served, decisions }
    : { kind: 'pass', decisions };
}
