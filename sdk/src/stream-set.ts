import type { DecisionRequest } from './decision.ts';
import { type CompiledRules, compileRules, findHits, type RuleCache } from './engine.ts';
import { holdsBack, needOf } from './holdback.ts';
import type { Rule } from './rule.ts';
import type { StreamRule } from './stream-window.ts';

/** What the streams of one instance share of one ruleset. */
export interface StreamSet {
  seq: number;
  compiled: CompiledRules;
  /** The rules that apply to the answer of such a request, whenever they start and end. */
  inScope(request: DecisionRequest): StreamRule[];
  /** The ids of the patterns and literals that hit `text` somewhere, as a part of the answer to `request`. */
  candidates(request: DecisionRequest, now: Date, text: string): string[];
  /** The one rule over the whole answer. */
  hitsWhole(rule: Rule, request: DecisionRequest, now: Date): { start: number; end: number }[];
}

export interface StreamSetOptions {
  labels: Record<string, string>;
  instanceId: string;
  seq: number;
  cache: RuleCache;
}

const readsLengths = (rule: Rule) => /completion_length|prompt_length/.test(rule.when ?? '');
const isPattern = ({ matcher }: Rule) => matcher.kind === 're2' || matcher.kind === 'literal';

/** Everything here is made from the ruleset alone, once, when the first stream asks for it. */
export function createStreamSet(
  rules: readonly Rule[],
  compiled: CompiledRules,
  options: StreamSetOptions,
): StreamSet {
  const { seq, cache } = options;
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
    { labels: options.labels, instanceId: options.instanceId, seq },
  );
  const shared = answered.filter((rule) => isPattern(rule) && !readsLengths(rule));
  const patterns = compileRules(shared, options);
  const alone = answered.filter((rule) => isPattern(rule) && readsLengths(rule));
  const order = new Map(rules.map((rule, index) => [rule.id, { rule, index }]));
  const long = new Date(0);

  return {
    seq,
    compiled,
    inScope: (request) => {
      const hits = findHits(scopes, { ...request, prompt: request.prompt ?? null, completion: ' ' }, long);
      return hits.flatMap(({ id }) => {
        const entry = order.get(id);
        if (!entry) return [];
        const { rule, index } = entry;
        return {
          rule,
          order: index,
          find: cache.compile(rule).find,
          need: needOf(rule),
          holds: holdsBack(rule.action, rule.mode),
        };
      });
    },
    candidates: (request, now, text) => [
      ...findHits(patterns, { ...request, prompt: null, completion: text }, now, { firstOnly: true }).map(
        ({ id }) => id,
      ),
      ...alone.map(({ id }) => id),
    ],
    hitsWhole: (rule, request, now) =>
      findHits(compileRules([rule], options), request, now)
        .filter(({ target }) => target === 'completion')
        .flatMap(({ spans }) => spans),
  };
}
