import { WHOLE_LIMIT } from './holdback.ts';
import { Subject } from './match.ts';
import type { Open } from './packages/found.ts';
import { importNamesOf } from './packages/names.ts';
import { type Sighting, SoughtNames } from './packages/sought.ts';
import type { RuleMatcher } from './rule.ts';
import {
  endOf,
  type Found,
  type OnRuleError,
  type StreamRule,
  type TextScanner,
  type Window,
} from './stream-window.ts';

/**
 * How far behind a name stands what may still say that it is imported, its version, or more of it: so many characters, and
 * so many that are no blanks. What a reader calls undecided is waited for, however far away its end is.
 */
const SETTLES = 1_000;
const SETTLES_VISIBLY = 300;
/** What stands at a cut inside of a line may look like the end of a name. */
const CUT_EDGE = 100;
/** Before a name stands the rest of it: a scope, a path, the package it is a part of. */
const BEFORE = 300;
/** So many characters may be read for each one of the answer, and so many in any case. */
const READ_PER_CHARACTER = 16;
const READ_FREELY = 65_536;

/** What stands directly before a name and may be part of it. */
const JOINED = /[^\s"'`(){}[\],;=<>|&]*$/;
/** What names may begin with that stand in no quotes. */
const SCHEMES = ['https', 'git+https', 'git+ssh', 'ssh', 'npm', 'jsr'];
const WORD_AT_END = /[\p{L}\p{M}\p{N}]$/u;

const known = new WeakMap<RuleMatcher, { matchers: readonly RuleMatcher[]; sought: SoughtNames }>();

/** Made once for the rules of a ruleset that apply together: a list may hold a hundred thousand names. */
function soughtBy(matchers: readonly RuleMatcher[]): SoughtNames {
  const [first] = matchers;
  const last = first && known.get(first);
  if (last?.matchers.length === matchers.length && matchers.every((each, at) => each === last.matchers[at])) {
    return last.sought;
  }
  const sought = new SoughtNames(matchers, (name) => importNamesOf(name)?.names ?? []);
  if (first) known.set(first, { matchers, sought });
  return sought;
}

/**
 * Package names. The readers see the answer from its beginning, as they do when it is whole, but only where a listed name
 * has been seen in it: at the end of that line, and once more when enough follows it. What they find in the beginning of a
 * text they find in the whole of it, so both say the same. Only listed names, and what may become one, are held back.
 */
export function createImportScanner(
  rules: readonly StreamRule[],
  language: string | null | undefined,
  begin: number,
  onError: OnRuleError,
): TextScanner {
  let from = begin;
  const open = new Set(rules);
  const sought = soughtBy(rules.map(({ rule }) => rule.matcher));
  /** The answer from `from` to `have`. */
  let chunks: string[] = [];
  let have = from;
  /** What names are looked for in next: the end of the answer, from `looked` on. */
  let ahead = '';
  let looked = from;
  let inWord = false;
  /** The character before it. */
  let behind = '';
  /** Names that were seen and are not decided, by their ends. */
  let waiting: Sighting[] = [];
  /** Names that end before this offset have been seen, and read at the end of their line. */
  let seen = from;
  let tried = from;
  let spent = 0;
  const told = new Map<StreamRule, Set<number>>();

  const whole = () => {
    if (chunks.length > 1) chunks = [chunks.join('')];
    return chunks[0] ?? '';
  };

  const drop = (of: StreamRule) => {
    open.delete(of);
  };

  /**
   * Reads the answer up to `at`; what ends there counts unless `at` is inside of a line. Gives the places about which a longer
   * answer may say more.
   */
  const readTo = (at: number, inLine: boolean, final: boolean, found: Found[]): readonly Open[] => {
    const text = whole().slice(0, at - from);
    spent += text.length;
    const subject = new Subject(text, language);
    const undecided = final ? [] : subject.openPackages;
    for (const of of [...open]) {
      const removes = of.holds && of.rule.action === 'redact';
      const known = told.get(of) ?? new Set();
      told.set(of, known);
      try {
        // Names that only stand there are looked for beside this.
        const find = of.need.kind === 'mention' && of.packages ? of.packages.imported : of.find;
        for (const span of find(subject)) {
          const start = from + span.start;
          const end = from + span.end;
          if (known.has(start) || (inLine && end + CUT_EDGE > at)) continue;
          // Its version may stand behind it.
          if (of.packages?.hasVersions && !final && end + SETTLES > at) continue;
          if (undecided.some((one) => one.start < span.end && one.end > span.start)) continue;
          known.add(start);
          found.push({ of, start, end, settledAt: at });
          if (removes) continue;
          drop(of);
          break;
        }
      } catch (error) {
        drop(of);
        onError(of, error);
      }
    }
    return undecided;
  };

  /** Names that end before this offset are decided at `at`, unless a reader says otherwise. */
  const settledBefore = (at: number) => {
    const text = whole();
    let offset = at - from;
    for (let seen = 0; offset > 0 && seen < SETTLES_VISIBLY; offset--) {
      const unit = text.charCodeAt(offset - 1);
      if (unit > 0x20 && !(unit === 0x5c && /[\n\r]/.test(text[offset] ?? ''))) seen++;
    }
    return Math.min(from + offset, at - SETTLES);
  };

  const mayRead = (at: number) => spent + at - from <= READ_FREELY + READ_PER_CHARACTER * (at - from);

  /** Decides what it can between `after` and `end`, at places that are the same however the text is cut. */
  const decide = (after: number, end: number, lineEnds: readonly number[], found: Found[]) => {
    let line = 0;
    for (let at = after; ; ) {
      const first = waiting[0];
      if (!first || open.size === 0) return;
      while ((lineEnds[line] ?? end) <= at && line < lineEnds.length) line++;
      const lineEnd = lineEnds[line] ?? Number.POSITIVE_INFINITY;
      const passed = Math.max(1, Math.floor((at - first.end) / SETTLES) + 1);
      const settles = first.end + passed * SETTLES;
      at = Math.min(lineEnd, settles);
      if (at > end) return;
      const isDue = first.end + SETTLES <= at;
      const isNew = waiting.some((one) => one.end > tried && one.end <= at);
      if (!(isDue || (at === lineEnd && isNew)) || !mayRead(at)) continue;
      const known = found.length;
      const undecided = readTo(at, at !== lineEnd, false, found);
      tried = at;
      const hit = found.slice(known);
      const settled = settledBefore(at);
      const mayWait = [...open].some(({ packages }) => packages?.hasVersions);
      const overlaps = (one: Sighting, { start, end: to }: { start: number; end: number }, base = 0) =>
        base + start < one.end && base + to > one.start;
      waiting = waiting.filter((one) => {
        if (undecided.some((place) => overlaps(one, place, from))) return true;
        return one.end > settled && (mayWait || !hit.some((place) => overlaps(one, place)));
      });
      if (waiting[0] && at - waiting[0].start > WHOLE_LIMIT) {
        for (const of of [...open]) {
          drop(of);
          onError(of, new Error(`What may name a package goes on for more than ${WHOLE_LIMIT} characters.`));
        }
      }
    }
  };

  return {
    drop,
    restart: (next) => {
      from = next;
      chunks = [];
      have = next;
      ahead = '';
      looked = next;
      inWord = false;
      behind = '';
      waiting = [];
      seen = next;
      tried = next;
      spent = 0;
      told.clear();
    },
    scan: (window: Window) => {
      const end = endOf(window);
      if (open.size === 0) return { found: [], safe: end, keep: end, read: 0 };
      const fresh = window.text.slice(have - window.base);
      const after = have;
      chunks.push(fresh);
      have = end;
      const lineEnds: number[] = [];
      for (let at = fresh.indexOf('\n'); at !== -1; at = fresh.indexOf('\n', at + 1))
        lineEnds.push(after + at + 1);
      ahead += fresh;
      const before = spent;
      const { sightings, open: partial } = sought.scan(ahead, inWord, window.final);
      for (const { start, end: to } of sightings) {
        if (looked + to <= seen) continue;
        const joined = JOINED.exec(ahead.slice(Math.max(0, start - BEFORE), start))?.[0].length ?? 0;
        waiting.push({ start: looked + start - joined, end: looked + to });
      }
      seen = Math.max(seen, looked + (sightings.at(-1)?.end ?? 0));
      const found: Found[] = [];
      decide(after, end, lineEnds, found);
      if (window.final && waiting.length > 0) readTo(end, false, true, found);
      const read = ahead.length + spent - before;
      if (window.final) return { found, safe: end, keep: end, read };
      // A name that is being written may have begun with its scope, its path, a scheme, or a quote.
      const path = JOINED.exec(ahead.slice(-BEFORE))?.[0] ?? '';
      const isPath =
        /[@/.:\\]/.test(path) ||
        /["'`]/.test(ahead[ahead.length - path.length - 1] ?? behind) ||
        SCHEMES.some((scheme) => scheme.startsWith(path));
      const held = Math.min(partial, ahead.length - (isPath ? path.length : 0));
      behind = ahead[held - 1] ?? behind;
      inWord = WORD_AT_END.test(held > 1 ? ahead.slice(held - 2, held) : behind);
      ahead = ahead.slice(held);
      looked += held;
      const holds = [...open].some((of) => of.holds);
      const safe = holds ? Math.min(looked, ...waiting.slice(0, 1_000).map(({ start }) => start)) : end;
      return { found, safe, keep: end, read };
    },
  };
}
