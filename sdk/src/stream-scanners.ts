import { createImportScanner } from './stream-imports.ts';
import { createMentionScanner } from './stream-mentions.ts';
import { createPatternScanner } from './stream-patterns.ts';
import { createPhraseScanner } from './stream-phrases.ts';
import {
  endOf,
  type OnRuleError,
  type Scan,
  type Scanner,
  type StreamRule,
  type TextScanner,
} from './stream-window.ts';

export interface ScannerOptions {
  /** The rules that may hit a text, by one pass for all of them. */
  candidates(text: string): Iterable<string>;
  language: string | null | undefined;
  onError: OnRuleError;
}

/** Looks for all rules that need not see the whole of a text, from the offset `from` on. */
export function createScanner(
  rules: readonly StreamRule[],
  { candidates, language, onError }: ScannerOptions,
  from: number,
): TextScanner {
  const of = (kind: string) => rules.filter(({ need }) => need.kind === kind);
  const scanners = [
    createPatternScanner(of('length'), candidates, from, onError),
    createImportScanner([...of('statement'), ...of('mention')], language, from, onError),
    createMentionScanner(of('mention'), from, onError),
    createPhraseScanner(of('phrase'), from, onError),
  ];
  return {
    ...joined(scanners),
    restart: (next) => {
      for (const scanner of scanners) scanner.restart(next);
    },
  };
}

/** Several as one. */
export function joined(scanners: readonly Scanner[]): Scanner {
  return {
    drop: (of) => {
      for (const scanner of scanners) scanner.drop(of);
    },
    scan: (window) => {
      const end = endOf(window);
      const all: Scan = { found: [], safe: end, keep: end, read: 0 };
      for (const scanner of scanners) {
        const { found, safe, keep, read } = scanner.scan(window);
        for (const each of found) all.found.push(each);
        all.safe = Math.min(all.safe, safe);
        all.keep = Math.min(all.keep, keep);
        all.read += read;
      }
      return all;
    },
  };
}
