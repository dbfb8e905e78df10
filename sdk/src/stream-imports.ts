import { Subject } from './match.ts';
import { lineHold, statementHold } from './statement.ts';
import {
  endOf,
  type Found,
  type OnRuleError,
  type Scanner,
  type StreamRule,
  type Window,
} from './stream-window.ts';

/** More than the longest statement or command that the extractors read. */
const SPAN = 4_700;
/** A line, or a list of imports, longer than this is read in overlapping parts. */
const PART = 2 * SPAN;

/**
 * While less than this waits, what is open is looked for at every line end; then whenever an eighth more waits, so that
 * what is opened again and again is not read again and again.
 */
const OFTEN = 512;

/**
 * Package names. Text is read statement by statement: up to a line end that no import and no install command runs
 * across. Of the line that is being written, only what may become the name of a package is held back.
 */
export function createImportScanner(
  rules: readonly StreamRule[],
  language: string | null | undefined,
  from: number,
  onError: OnRuleError,
): Scanner {
  const open = new Set(rules);
  /** Names that begin before this offset are decided. */
  let cut = from;
  /** Where the next reading begins: at a line, or, inside of an endless one, as far back as a statement reaches. */
  let start = from;
  let inLine = false;
  /** Nothing that may become a name begins between `cut` and here. */
  let quiet = from;
  let looked = 0;
  /** Line ends before this offset have been looked at. */
  let read = from;
  /** Before this offset no line end is looked at for what is open. */
  let lookAt = from;

  const drop = (of: StreamRule) => {
    open.delete(of);
  };

  const extract = (window: Window, to: number, upTo: number, settledAt: number, found: Found[]) => {
    const text = window.text.slice(start - window.base, to - window.base);
    looked += text.length;
    // Inside a line nothing begins a line.
    const subject = new Subject(inLine && text !== '' ? `x${text.slice(1)}` : text, language);
    for (const of of [...open]) {
      const removes = of.holds && of.rule.action === 'redact';
      try {
        for (const span of of.find(subject)) {
          const at = start + span.start;
          if (at < cut || at >= upTo) continue;
          found.push({ of, start: at, end: start + span.end, settledAt });
          if (removes) continue;
          drop(of);
          break;
        }
      } catch (error) {
        drop(of);
        onError(of, error);
      }
    }
  };

  const close = (window: Window, at: number, settledAt: number, found: Found[]) => {
    if (at <= cut) return;
    extract(window, at, at, settledAt, found);
    cut = at;
    start = at;
    inLine = false;
  };

  /** Reads on inside what has become too long to wait for its end. */
  const part = (window: Window, at: number, found: Found[]) => {
    const upTo = at - SPAN;
    extract(window, at, upTo, at + 1, found);
    start = Math.max(start, upTo - SPAN);
    inLine = true;
    cut = upTo;
  };

  return {
    drop,
    scan: (window) => {
      const end = endOf(window);
      if (open.size === 0) return { found: [], safe: end, keep: end, read: 0 };
      looked = 0;
      const found: Found[] = [];
      for (;;) {
        // Names and commands of some languages run across what other languages call a line end.
        const at = window.text.indexOf('\n', read - window.base);
        const lineEnd = at === -1 ? undefined : window.base + at + 1;
        while ((lineEnd ?? end) - cut > PART) part(window, cut + PART, found);
        if (lineEnd === undefined) break;
        read = lineEnd;
        if (lineEnd < lookAt) continue;
        const from = Math.max(cut, start);
        looked += lineEnd - from;
        const held = statementHold(window.text.slice(from - window.base, lineEnd - window.base));
        close(window, from + held, lineEnd, found);
        const waits = lineEnd - Math.max(cut, start);
        lookAt = waits < OFTEN ? lineEnd : lineEnd + waits / 8;
      }
      read = end;
      if (window.final) {
        extract(window, end, end, end, found);
        return { found, safe: end, keep: end, read: looked };
      }
      const keep = Math.min(start, cut);
      if (![...open].some(({ holds }) => holds)) return { found, safe: end, keep, read: looked };
      quiet = inLine ? cut : cut + lineHold(window.text.slice(cut - window.base), Math.max(0, quiet - cut));
      looked += end - quiet;
      return { found, safe: quiet, keep, read: looked };
    },
  };
}
