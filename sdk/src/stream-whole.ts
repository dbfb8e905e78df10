import type { DecisionRequest } from './decision.ts';
import { jsonReadings } from './json-text.ts';
import { type Plan, removes } from './stream-plan.ts';
import type { ReadingsListener, StreamSet } from './stream-set.ts';
import type { Found, OnRuleError, StreamRule } from './stream-window.ts';

interface WholeAnswer {
  request: DecisionRequest;
  now: Date;
  text: string;
  /** Where it begins. */
  from: number;
  /** Whether its strings of JSON are judged too; a rule that removes something looks at what is left of them instead. */
  json: boolean;
}

/** What a rule that has to see all of an answer hits in it. Throws when the rule does. */
export function wholeHits(
  set: StreamSet,
  of: StreamRule,
  { request, now, text, from, json }: WholeAnswer,
): Found[] {
  const settledAt = from + text.length;
  const inside: Found = { of, start: 0, end: Number.POSITIVE_INFINITY, settledAt, isInside: true };
  const hits = set.hitsWhole(of.rule, { ...request, completion: text }, now, json && !removes(of));
  return hits.flatMap(({ spans }) =>
    spans.length === 0
      ? [inside]
      : spans.map(({ start, end }) => ({ of, start: from + start, end: from + end, settledAt })),
  );
}

/** What rules that remove something and have to see all of an answer hit in the strings of JSON that are left of it. */
export function leftHits(
  { set, whole }: Plan,
  left: string,
  { request, now, at }: { request: DecisionRequest; now: Date; at: number },
  told: { onError: OnRuleError; onTrouble: Parameters<StreamSet['readings']>[4] },
): Found[] {
  const sought = new Map(whole.filter(removes).map((of) => [of.rule.id, of]));
  if (sought.size === 0) return [];
  const found: Found[] = [];
  const listener: ReadingsListener = {
    wanted: (id) => sought.has(id),
    onHit: (id) => {
      const of = sought.get(id);
      if (of) found.push({ of, start: 0, end: Number.POSITIVE_INFINITY, settledAt: at, isInside: true });
      sought.delete(id);
    },
    onFailed: (id, error) => {
      const of = sought.get(id);
      if (of) told.onError(of, error);
    },
  };
  set.readings(request, now, jsonReadings(left).texts, listener, told.onTrouble);
  return found;
}
