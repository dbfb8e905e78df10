import { BEFORE, type NameSpan } from './packages/mentioned.ts';
import { wordsOf } from './packages/words.ts';
import {
  endOf,
  type Found,
  type OnRuleError,
  type StreamRule,
  type TextScanner,
  type Window,
} from './stream-window.ts';

/**
 * Names of packages as tokens. Held back is the word that is being written, a name that another word may complete, and
 * behind a whole name what says where it ends and which version is meant.
 */
export function createMentionScanner(
  rules: readonly StreamRule[],
  begin: number,
  onError: OnRuleError,
): TextScanner {
  /** For each rule the offset before which every name is decided. */
  const cuts = new Map(rules.map((of) => [of, begin]));
  /** What was certain in so much of the answer has been told. */
  let told = begin;

  const look = (of: StreamRule, window: Window, words: ReturnType<typeof wordsOf>): Found[] => {
    const found: Found[] = [];
    const add = ({ start, end, settledAt }: NameSpan) => {
      const settled = window.base + settledAt;
      if (settled > told) {
        found.push({ of, start: window.base + start, end: window.base + end, settledAt: settled });
      }
    };
    const cut = (cuts.get(of) ?? 0) - window.base;
    const open = of.packages?.mentioned?.scan(words, Math.max(0, cut), window.final, (_, span) => add(span));
    cuts.set(of, Math.max(cut, open ?? 0) + window.base);
    return found;
  };

  return {
    drop: (of) => {
      cuts.delete(of);
    },
    restart: (next) => {
      told = next;
      for (const of of cuts.keys()) cuts.set(of, next);
    },
    scan: (window) => {
      const end = endOf(window);
      if (cuts.size === 0) return { found: [], safe: end, keep: end, read: 0 };
      const words = wordsOf(window.text);
      const found: Found[] = [];
      for (const of of [...cuts.keys()]) {
        try {
          const more = look(of, window, words);
          for (const each of more) found.push(each);
          if (more.length > 0 && !(of.holds && of.rule.action === 'redact')) cuts.delete(of);
        } catch (error) {
          cuts.delete(of);
          onError(of, error);
        }
      }
      told = end;
      if (window.final) return { found, safe: end, keep: end, read: window.text.length };
      let safe = end;
      let keep = end;
      for (const [of, cut] of cuts) {
        keep = Math.min(keep, cut);
        if (of.holds) safe = Math.min(safe, cut);
      }
      return { found, safe, keep: keep - BEFORE, read: window.text.length };
    },
  };
}
