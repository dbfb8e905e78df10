import type { RE2JS } from 're2js';
import { OPEN_LIMIT } from './holdback.ts';
import { compileRe2, foldCase } from './match.ts';
import type { Rule } from './rule.ts';
import {
  endOf,
  type Found,
  type OnRuleError,
  type StreamRule,
  type TextScanner,
  type Window,
} from './stream-window.ts';

/** Characters before the place where a search begins: what `^`, `\b` and `\B` look at, and half a surrogate pair. */
const CONTEXT = 2;

interface Patterns {
  /** For the end of the answer. */
  whole: RE2JS;
  /** For any other end: `$` and `\z` of the whole text never hold there. */
  open: RE2JS;
  /** As `open`, with lazy and greedy exchanged: tells whether a match needs the end that it reached. */
  lazy: RE2JS;
}

const compiled = new WeakMap<Rule['matcher'], Patterns>();
const NEVER = '[^\\x00-\\x{10FFFF}]';

/** The pattern with every `$` and `\z` that means the end of the text replaced by what never matches. */
function withoutEnd(pattern: string): string {
  const lines = /\(\?[a-zA-Z]*m/.test(pattern);
  // Quoted runs, escapes and classes are taken as they are.
  return pattern.replace(
    /\\Q.*?(?:\\E|$)|\\[\s\S]|\[\^?\]?(?:\[:\^?\w+:\]|\\[\s\S]|[^\]\\])*\]|\$/g,
    (token) => (token === '\\z' || (token === '$' && !lines) ? NEVER : token),
  );
}

function patternsOf(matcher: Extract<Rule['matcher'], { kind: 're2' }>): Patterns {
  let patterns = compiled.get(matcher);
  if (!patterns) {
    const { pattern, ignoreCase } = matcher;
    const open = withoutEnd(pattern);
    patterns = {
      whole: compileRe2(pattern, ignoreCase),
      open: compileRe2(open, ignoreCase),
      lazy: compileRe2(`(?U)${open}`, ignoreCase),
    };
    compiled.set(matcher, patterns);
  }
  return patterns;
}

interface Progress {
  of: StreamRule;
  length: number;
  /** Where the next search may begin; what lies before has been decided. */
  resume: number;
  /** Where a match begins that is there but whose end is not known yet. */
  pending: number | undefined;
}

/** The offset after the character at `at`. */
const after = (text: string, at: number) => at + ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);

function searchLiteral(progress: Progress, window: Window, text: string): Found[] {
  const { of } = progress;
  if (of.rule.matcher.kind !== 'literal') return [];
  const { ignoreCase, text: literal } = of.rule.matcher;
  const needle = ignoreCase ? foldCase(literal) : literal;
  const found: Found[] = [];
  let at = text.indexOf(needle, progress.resume - window.base);
  while (at !== -1) {
    const start = window.base + at;
    const end = start + needle.length;
    found.push({ of, start, end, settledAt: end });
    progress.resume = end;
    at = text.indexOf(needle, at + needle.length);
  }
  return found;
}

function searchRe2(progress: Progress, window: Window): Found[] {
  const { of, length } = progress;
  if (of.rule.matcher.kind !== 're2') return [];
  const { whole, open, lazy } = patternsOf(of.rule.matcher);
  const { text, base, final } = window;
  const capped = of.need.kind === 'length' && of.need.capped;
  const matcher = (final || !capped ? whole : open).matcher(text);
  const found: Found[] = [];
  const accept = (start: number, end: number) => {
    found.push({ of, start: base + start, end: base + end, settledAt: base + start + length + 1 });
    progress.resume = base + end;
  };
  progress.pending = undefined;
  let at = progress.resume - base;
  while (at <= text.length && matcher.find(at)) {
    const start = matcher.start();
    const end = matcher.end();
    if (end === start) {
      at = after(text, start);
      continue;
    }
    if (!final) {
      if (start + length >= text.length) break;
      if (end === text.length) {
        // Longer than the cap, and perhaps only because the text ends here for now.
        const certain = lazy.matcher(text);
        if (certain.find(start) && certain.end() < text.length) {
          if (of.holds && of.rule.action === 'redact') {
            if (end - start <= OPEN_LIMIT) {
              progress.pending = base + start;
              break;
            }
            accept(start, Number.POSITIVE_INFINITY);
            break;
          }
        } else {
          if (end - start <= 2 * length) {
            progress.pending = base + start;
            break;
          }
          at = after(text, start);
          continue;
        }
      }
    }
    accept(start, end);
    at = end;
  }
  return found;
}

/**
 * Literals and RE2 patterns. `candidates` names the rules that hit a text at all, by one pass for all of them; only
 * those are run singly, over what is new and as much before it as their longest match.
 */
export function createPatternScanner(
  rules: readonly StreamRule[],
  candidates: (text: string) => Iterable<string>,
  begin: number,
  onError: OnRuleError,
): TextScanner {
  let from = begin;
  const open = new Map<string, Progress>();
  for (const of of rules) {
    const most = of.need.kind === 'length' ? of.need.length : 0;
    // A pattern may look at the character behind its match; a literal does not.
    const length = of.rule.matcher.kind === 'literal' ? most - 1 : most;
    open.set(of.rule.id, { of, length, resume: from, pending: undefined });
  }
  let read = from;
  let longest = 0;
  let longestHeld = 0;
  const measure = () => {
    longest = 0;
    longestHeld = 0;
    for (const { of, length } of open.values()) {
      longest = Math.max(longest, length);
      if (of.holds) longestHeld = Math.max(longestHeld, length);
    }
  };
  measure();
  const waiting = new Set<Progress>();

  const drop = (of: StreamRule) => {
    const progress = open.get(of.rule.id);
    if (!progress) return;
    open.delete(of.rule.id);
    waiting.delete(progress);
    measure();
  };

  return {
    drop,
    restart: (next) => {
      from = next;
      read = next;
      waiting.clear();
      for (const progress of open.values()) {
        progress.resume = next;
        progress.pending = undefined;
      }
    },
    scan: (window) => {
      const end = endOf(window);
      const found: Found[] = [];
      let first = Math.max(from, read - longest);
      for (const { pending } of waiting) first = Math.min(first, pending ?? first);
      const slice = open.size === 0 ? '' : window.text.slice(Math.max(0, first - window.base - CONTEXT));
      let looked = slice.length;
      let folded: string | undefined;
      for (const id of slice === '' ? [] : candidates(slice)) {
        const progress = open.get(id);
        if (!progress) continue;
        const { of } = progress;
        progress.resume = Math.max(progress.resume, progress.pending ?? read - progress.length);
        looked += end - progress.resume;
        try {
          let hits: Found[];
          if (of.rule.matcher.kind === 'literal') {
            if (of.rule.matcher.ignoreCase) folded ??= foldCase(window.text);
            const text = of.rule.matcher.ignoreCase ? (folded ?? '') : window.text;
            hits = searchLiteral(progress, window, text);
          } else {
            hits = searchRe2(progress, window);
          }
          for (const each of hits) found.push(each);
          if (progress.pending === undefined) waiting.delete(progress);
          else waiting.add(progress);
          // One hit says all of a rule that removes nothing.
          if (hits.length > 0 && !(of.holds && of.rule.action === 'redact')) drop(of);
          else if (hits.some((hit) => hit.end === Number.POSITIVE_INFINITY)) drop(of);
        } catch (error) {
          drop(of);
          onError(of, error);
        }
      }
      read = end;
      if (window.final) return { found, safe: end, keep: end, read: looked };
      let safe = end - longestHeld;
      let keep = end - longest;
      for (const { of, pending } of waiting) {
        if (pending === undefined) continue;
        keep = Math.min(keep, pending);
        if (of.holds) safe = Math.min(safe, pending);
      }
      return { found, safe, keep: keep - CONTEXT, read: looked };
    },
  };
}
