import { WHOLE_LIMIT } from './holdback.ts';
import { needlesOf, normalize } from './phrases.ts';
import { endOf, type Found, type OnRuleError, type StreamRule, type TextScanner } from './stream-window.ts';

/** A character and the marks on it, as `normalize` takes them together. */
const CLUSTER = /\P{M}\p{M}{0,32}|\p{M}/gsu;
const ONE_CLUSTER = /\P{M}\p{M}{0,32}|\p{M}/suy;

interface Needle {
  of: StreamRule;
  text: string;
  /** Where in the normalised answer the next search begins. */
  resume: number;
}

/** Phrases, in a normalised copy of the answer that grows with it. The last character waits for marks that may follow. */
export function createPhraseScanner(
  rules: readonly StreamRule[],
  from: number,
  onError: OnRuleError,
): TextScanner {
  let needles: Needle[] = [];
  for (const of of rules) {
    if (of.rule.matcher.kind !== 'phrases') continue;
    for (const text of needlesOf(of.rule.matcher.phrases)) needles.push({ of, text, resume: 0 });
  }
  /** The answer is normalised up to here: the beginning of a character. */
  let read = from;
  /** The end of the normalised answer, its offset in the whole of it, and where each unit came from. */
  let tail = '';
  let tailAt = 0;
  let origins: number[] = [];
  let longest = 0;
  let longestHeld = 0;
  const measure = () => {
    longest = needles.reduce((most, { text }) => Math.max(most, text.length), 0);
    longestHeld = needles.reduce((most, { of, text }) => (of.holds ? Math.max(most, text.length) : most), 0);
  };
  measure();

  const drop = (of: StreamRule) => {
    needles = needles.filter((needle) => needle.of !== of);
    measure();
  };

  /** Where a match that is not certain yet may begin, for phrases of up to `length`. */
  const unsettled = (length: number) =>
    length === 0 ? Number.POSITIVE_INFINITY : (origins[Math.max(0, tail.length - length)] ?? read);

  return {
    drop,
    restart: (next) => {
      read = next;
      tail = '';
      tailAt = 0;
      origins = [];
      for (const needle of needles) needle.resume = 0;
    },
    scan: (window) => {
      const end = endOf(window);
      if (needles.length === 0) return { found: [], safe: end, keep: end, read: 0 };
      const fresh = window.text.slice(read - window.base);
      let complete = fresh.length;
      if (!window.final) {
        complete = 0;
        for (const cluster of fresh.matchAll(CLUSTER)) complete = cluster.index;
      }
      const last = tail.at(-1);
      const added = normalize(fresh.slice(0, complete), last === undefined || last === ' ');
      for (let unit = 0; unit < added.text.length; unit++) origins.push(read + (added.offsets[unit] ?? 0));
      tail += added.text;
      read += complete;
      const looked = fresh.length + tail.length;

      const found: Found[] = [];
      const tailEnd = tailAt + tail.length;
      const settledAt = (unit: number) => {
        const origin = origins[unit - tailAt];
        if (origin === undefined) return end;
        ONE_CLUSTER.lastIndex = origin - window.base;
        return origin + (ONE_CLUSTER.exec(window.text)?.[0].length ?? 0) + 1;
      };
      const done = new Set<StreamRule>();
      for (const needle of needles) {
        const { of, text } = needle;
        needle.resume = Math.max(needle.resume, tailAt);
        let at = tail.indexOf(text, needle.resume - tailAt);
        while (at !== -1) {
          const next = tailAt + at + text.length;
          // A match reaches to the next character that is visible.
          if (next >= tailEnd && !window.final) break;
          const start = origins[at] ?? 0;
          found.push({
            of,
            start,
            end: Math.max(origins[next - tailAt] ?? end, start + 1),
            settledAt: settledAt(next),
          });
          needle.resume = next;
          if (!(of.holds && of.rule.action === 'redact')) {
            done.add(of);
            break;
          }
          at = tail.indexOf(text, at + text.length);
        }
      }
      for (const of of done) drop(of);
      if (window.final) return { found, safe: end, keep: end, read: looked };

      const surplus = tail.length - longest - 1;
      if (surplus > 0) {
        tail = tail.slice(surplus);
        origins = origins.slice(surplus);
        tailAt += surplus;
      }
      const safe = Math.min(unsettled(longestHeld), longestHeld > 0 ? read : end);
      if (end - safe > WHOLE_LIMIT) {
        const waiting = [...new Set(needles.map(({ of }) => of))].filter(({ holds }) => holds);
        for (const of of waiting) {
          drop(of);
          onError(of, new Error(`More than ${WHOLE_LIMIT} characters came without a visible one.`));
        }
        return { found, safe: end, keep: Math.min(unsettled(longest), read), read: looked };
      }
      return { found, safe, keep: Math.min(unsettled(longest), read), read: looked };
    },
  };
}
