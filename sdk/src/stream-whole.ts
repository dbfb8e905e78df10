import type { DecisionRequest } from './decision.ts';
import { jsonReadings } from './json-text.ts';
import { redact } from './redact.ts';
import { removes } from './stream-plan.ts';
import type { StreamSet } from './stream-set.ts';
import type { Found, StreamRule } from './stream-window.ts';

interface WholeAnswer {
  request: DecisionRequest;
  now: Date;
  text: string;
  /** Where it begins. */
  from: number;
  /** Whether its strings of JSON are judged too. */
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
  const hitsIn = (completion: string) => {
    const readings = json ? { completion: jsonReadings(completion).texts } : null;
    return set.hitsWhole(of.rule, { ...request, completion, readings }, now);
  };
  const hits = hitsIn(text);
  const found = hits.flatMap(({ spans }) =>
    spans.length === 0
      ? [inside]
      : spans.map(({ start, end }) => ({ of, start: from + start, end: from + end, settledAt })),
  );
  if (!json || !removes(of) || hits.length === 0) return found;
  const left = hitsIn(redact(text, hits));
  return left.some(({ spans }) => spans.length === 0) ? [...found, inside] : found;
}
