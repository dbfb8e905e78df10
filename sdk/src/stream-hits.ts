import { type Decision, type DecisionRequest, type Hit, resolve } from './decision.ts';
import { whenItFails } from './effects.ts';
import type { FailMode, Rule } from './rule.ts';
import type { StreamRule } from './stream-window.ts';

/** What has been found in one answer, and in the prompt before it: the first place of each rule. */
interface StreamHits {
  /** Whether the rule hit the answer. */
  has(of: StreamRule): boolean;
  /** Whether it hit the answer or the prompt. */
  hasAny(of: StreamRule): boolean;
  add(of: StreamRule, start: number, end: number): void;
  /** The rule would remove what nothing can be removed from: it stops the answer instead. */
  stop(of: StreamRule): void;
  /** The rule could not judge, or the ruleset is stale: what its fail mode means. True when that ends the answer. */
  fail(of: StreamRule, mode: FailMode, end: number, isStale?: boolean): boolean;
  addPrompt(hit: Hit, order: number): void;
  /** Whether the rule counts here and now; in shadow it is only told. */
  isEnforced(rule: Pick<Rule, 'id' | 'mode'>): boolean;
  decision(seq: number): Decision;
}

/** More than any place in a ruleset. */
const STALE = 1_000_000;

export function createStreamHits(request: DecisionRequest, demoted: () => ReadonlySet<string>): StreamHits {
  const hits = new Map<string, Hit & { order: number }>();
  const keyOf = (id: string, target: Hit['target']) => `${id} ${target}`;

  const put = (
    of: StreamRule,
    { action, parameters }: Pick<Hit, 'action' | 'parameters'>,
    start: number,
    end: number,
    order = of.order,
  ) => {
    const { id, ref, mode } = of.rule;
    const key = keyOf(id, 'completion');
    if (hits.has(key)) return;
    hits.set(key, {
      id,
      ref,
      action,
      mode: demoted().has(id) ? 'shadow' : mode,
      parameters,
      target: 'completion',
      spans: Number.isFinite(end) ? [{ start, end }] : [],
      order,
    });
  };
  const isEnforced: StreamHits['isEnforced'] = ({ id, mode }) => mode === 'enforce' && !demoted().has(id);

  return {
    isEnforced,
    hasAny: ({ rule }) => hits.has(keyOf(rule.id, 'completion')) || hits.has(keyOf(rule.id, 'prompt')),
    has: ({ rule }) => hits.has(keyOf(rule.id, 'completion')),
    add: (of, start, end) => put(of, of.rule, start, end),
    stop: (of) => {
      hits.delete(keyOf(of.rule.id, 'completion'));
      put(of, { action: 'block', parameters: {} }, 0, Number.POSITIVE_INFINITY);
    },
    fail: (of, mode, end, isStale = false) => {
      const effect = whenItFails(of.rule, mode);
      if (!effect) return false;
      // What is only there because the ruleset is stale is told behind what was found.
      const order = isStale ? STALE + of.order : of.order;
      put(of, effect, 0, end, order);
      return mode === 'closed' && isEnforced(of.rule);
    },
    addPrompt: (hit, order) => {
      hits.set(keyOf(hit.id, 'prompt'), { ...hit, order });
    },
    decision: (seq) => {
      // As `decide` tells them: by the ruleset, the prompt before the answer.
      const ordered = [...hits.values()].sort(
        (a, b) => a.order - b.order || Number(a.target === 'completion') - Number(b.target === 'completion'),
      );
      const plain = ordered.map(({ order: _, ...hit }) => hit);
      const decision = resolve(plain, request, seq);
      // What redactions left of the answer went through the stream.
      if (decision.verdict === 'redact') delete decision.text;
      return decision;
    },
  };
}
