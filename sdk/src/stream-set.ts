import type { DecisionRequest, Hit } from './decision.ts';
import { whenItFails } from './effects.ts';
import {
  type CachedRule,
  type CompiledRules,
  compileRules,
  type EvaluateOptions,
  findHits,
  RuleCache,
  readingHits,
  type Trouble,
  TroubleError,
} from './engine.ts';
import { holdsBack, needOf } from './holdback.ts';
import type { Rule } from './rule.ts';
import type { StreamRule } from './stream-window.ts';

type OnTrouble = (rule: Rule, trouble: Trouble) => void;

/** A hit in the prompt, and whether its rule reads the answer too. */
interface PromptHit {
  hit: Hit;
  order: number;
  readsAnswer: boolean;
}

/** What the streams of one instance share of one ruleset. */
export interface StreamSet {
  seq: number;
  /** The rules that apply to the answer of such a request, whenever they start and end. */
  inScope(request: DecisionRequest, onTrouble: OnTrouble): StreamRule[];
  /** Hits in the prompt alone, with their places in the ruleset. */
  promptHits(request: DecisionRequest, now: Date, options: EvaluateOptions): PromptHit[];
  /** The ids of the patterns and literals that hit `text` somewhere, or failed on it, as a part of the answer. */
  candidates(request: DecisionRequest, now: Date, text: string, onTrouble: OnTrouble): Set<string>;
  /** The one rule over the whole answer, with its strings of JSON or without. Throws when the rule does. */
  hitsWhole(rule: Rule, request: DecisionRequest, now: Date, json: boolean): Hit[];
  /** Tells of the rules that hit each of `texts` as a reading of the answer, or failed on it. */
  readings(
    request: DecisionRequest,
    now: Date,
    texts: readonly string[],
    listener: ReadingsListener,
    onTrouble: OnTrouble,
  ): void;
}

export interface ReadingsListener {
  /** Whether anybody asks for the rule with this id. */
  wanted(id: string): boolean;
  /** It hit the text at `index`. */
  onHit(id: string, index: number): void;
  onFailed(id: string, error: TroubleError): void;
}

interface StreamSetOptions {
  labels: Record<string, string>;
  instanceId: string;
  cache: RuleCache;
}

/** Single rules come from the cache of the whole ruleset; what is joined of several of them is kept here. */
class PartCache extends RuleCache {
  readonly #of: RuleCache;

  constructor(of: RuleCache) {
    super();
    this.#of = of;
  }

  override compile(rule: Rule): CachedRule {
    return this.#of.compile(rule);
  }
}

const readsLengths = (rule: Rule) => /completion_length|prompt_length/.test(rule.when ?? '');
const isPattern = ({ matcher }: Rule) => matcher.kind === 're2' || matcher.kind === 'literal';

/** Makes the sets of one process; what a new ruleset shares with the last one is not compiled again. */
export function createStreamSets(options: StreamSetOptions): (compiled: CompiledRules) => StreamSet {
  const { cache, ...here } = options;
  const parts = {
    prompts: { ...here, cache: new PartCache(cache) },
    patterns: { ...here, cache: new PartCache(cache) },
    single: { ...here, cache: new PartCache(cache) },
  };
  return (compiled) => createStreamSet(compiled, options, parts);
}

type Parts = Record<'prompts' | 'patterns' | 'single', StreamSetOptions>;

/** Everything here is made from the ruleset alone, once, when the first stream asks for it. */
function createStreamSet(
  compiled: CompiledRules,
  { cache, labels, instanceId }: StreamSetOptions,
  parts: Parts,
): StreamSet {
  const { seq } = compiled;
  const rules = compiled.rules.map(({ rule }) => rule);
  const answered = rules.filter((rule) => rule.target !== 'prompt');
  // The same scopes with nothing to look for: what hits is what applies. How long the answer is, nobody knows yet.
  const scopes = compileRules(
    answered.map((rule) => ({
      ...rule,
      matcher: { kind: 'any' },
      action: 'flag',
      target: 'completion',
      startsAt: null,
      expiresAt: '9999-12-31T23:59:59.999Z',
      breaker: null,
      when: rule.when?.includes('completion_length') ? null : rule.when,
    })),
    { labels, instanceId },
  );
  const prompts = compileRules(
    rules.filter((rule) => rule.target !== 'completion'),
    parts.prompts,
  );
  const patterns = compileRules(
    answered.filter((rule) => isPattern(rule) && !readsLengths(rule)),
    parts.patterns,
  );
  // Whether a rule hits is asked here, not where.
  const unplaced = new Set(answered.map(({ id }) => id));
  const alone = answered.filter((rule) => isPattern(rule) && readsLengths(rule)).map(({ id }) => id);
  const order = new Map(rules.map((rule, index) => [rule.id, { rule, index }]));
  const always = new Date(0);
  const singles = new Map<string, CompiledRules>();
  const compiledAlone = (rule: Rule): CompiledRules => {
    const single = singles.get(rule.id) ?? compileRules([rule], parts.single);
    singles.set(rule.id, single);
    return single;
  };

  return {
    seq,
    inScope: (request, onTrouble) => {
      const hits = findHits(scopes, { ...request, completion: ' ' }, always, { onTrouble });
      return hits.flatMap(({ id, action }) => {
        const entry = order.get(id);
        if (!entry) return [];
        // Where a condition failed, a text that the rule would hit falls under its fail mode.
        const effect = action === 'flag' ? null : whenItFails(entry.rule, entry.rule.fail.onError);
        const rule = { ...entry.rule, ...effect };
        const { find, packages } = cache.compile(entry.rule);
        return {
          rule,
          order: entry.index,
          find,
          packages,
          need: needOf(rule),
          holds: holdsBack(rule.action, rule.mode),
        };
      });
    },
    promptHits: (request, now, evaluation) =>
      findHits(prompts, { ...request, completion: null }, now, { ...evaluation, firstOnly: true }).map(
        (hit) => ({
          hit,
          order: order.get(hit.id)?.index ?? 0,
          readsAnswer: order.get(hit.id)?.rule.target === 'both',
        }),
      ),
    candidates: (request, now, text, onTrouble) => {
      const failed: string[] = [];
      const hits = findHits(patterns, { ...request, prompt: null, completion: text }, now, {
        bare: true,
        demoted: unplaced,
        onTrouble: (rule, trouble) => {
          if (trouble.kind !== 'budget') failed.push(rule.id);
          else onTrouble(rule, trouble);
        },
      });
      return new Set([...hits.map(({ id }) => id), ...failed, ...alone]);
    },
    hitsWhole: (rule, request, now, json) => {
      let failure: TroubleError | undefined;
      const hits = findHits(compiledAlone(rule), request, now, {
        json,
        onTrouble: (_, trouble) => {
          if (trouble.kind !== 'budget') failure = new TroubleError(trouble);
        },
      });
      if (failure !== undefined) throw failure;
      return hits.filter(({ target }) => target === 'completion');
    },
    readings: (request, now, texts, { wanted, onHit, onFailed }, onTrouble) => {
      const failed = new Set<string>();
      readingHits(
        compiled,
        request,
        'completion',
        texts,
        now,
        {
          bare: true,
          demoted: unplaced,
          wanted: ({ id }) => !failed.has(id) && wanted(id),
          onTrouble: (rule, trouble) => {
            if (trouble.kind === 'budget') onTrouble(rule, trouble);
            // Where a condition failed, its rule stands for that already.
            if (trouble.kind === 'budget' || trouble.kind === 'condition') return;
            failed.add(rule.id);
            onFailed(rule.id, new TroubleError(trouble));
          },
        },
        ({ id }, index) => {
          if (!failed.has(id)) onHit(id, index);
        },
      );
    },
  };
}
