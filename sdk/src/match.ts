import { RE2JS } from 're2js';
import { boundedTest } from './automata.ts';
import { foldCase } from './fold.ts';
import { packageFinder } from './packages/finder.ts';
import type { Open } from './packages/found.ts';
import type { PackageMention } from './packages/mention.ts';
import { readPackages } from './packages/read.ts';
import { type Words, wordsOf } from './packages/words.ts';
import { type Normalized, normalize, phrasesMatcher } from './phrases.ts';
import type { RuleMatcher } from './rule.ts';
import { shapeMatcher } from './shape.ts';
import { Stretches } from './windows.ts';
import { OutOfWork, workFor } from './work.ts';

export { foldCase };

/** UTF-16 offsets into the text, end exclusive; never empty. */
export interface Span {
  start: number;
  end: number;
}

/** One text under test; what several rules need of it is computed once. */
export class Subject {
  readonly text: string;
  readonly language: string | undefined;
  readonly stretches: Stretches;
  #folded: string | undefined;
  #packages: PackageMention[] | OutOfWork | undefined;
  readonly #open: Open[] = [];
  #words: Words | undefined;
  #normalized: Normalized | undefined;

  constructor(text: string, language?: string | null) {
    this.text = text;
    this.language = language ?? undefined;
    this.stretches = new Stretches(text);
  }

  get folded(): string {
    this.#folded ??= foldCase(this.text);
    return this.#folded;
  }

  get normalized(): Normalized {
    this.#normalized ??= normalize(this.text);
    return this.#normalized;
  }

  /**
   * Throws `OutOfWork` where reading them takes more than a decision may do. It has work of its own: a text that is dear to
   * read as code takes nothing from other rules.
   */
  get packages(): PackageMention[] {
    const packages = this.#read();
    if (packages instanceof OutOfWork) throw packages;
    return packages;
  }

  /** Places about which a longer text may say more. */
  get openPackages(): readonly Open[] {
    this.#read();
    return this.#open;
  }

  #read(): PackageMention[] | OutOfWork {
    if (this.#packages !== undefined) return this.#packages;
    const work = { units: 0, most: workFor(this.text.length) };
    try {
      this.#packages = readPackages(this.text, this.language, work, this.#open);
    } catch (error) {
      if (!(error instanceof OutOfWork)) throw error;
      this.#packages = error;
    }
    return this.#packages;
  }

  get words(): Words {
    this.#words ??= wordsOf(this.text);
    return this.#words;
  }
}

/** Finds up to `limit` spans, first to last. */
export type SubjectMatcher = (subject: Subject, limit?: number) => Span[];

function literalMatcher(literal: string, ignoreCase: boolean): SubjectMatcher {
  const needle = ignoreCase ? foldCase(literal) : literal;
  return (subject, limit = Number.POSITIVE_INFINITY) => {
    const hay = ignoreCase ? subject.folded : subject.text;
    const spans: Span[] = [];
    let at = hay.indexOf(needle);
    while (at !== -1 && spans.length < limit) {
      spans.push({ start: at, end: at + needle.length });
      at = hay.indexOf(needle, at + needle.length);
    }
    return spans;
  };
}

/** Worst-case characters read to list all spans of one pattern in one text; see `re2Matcher`. */
const SPAN_BUDGET = 20_000_000;

/**
 * One search is linear, but a list of n matches may read the rest of the text n times. Past the budget the
 * last span runs to the end of the text: a redaction then removes too much, never too little.
 */
function re2Matcher(pattern: string, ignoreCase: boolean): SubjectMatcher {
  const re = compileRe2(pattern, ignoreCase);
  const test = boundedTest(re);
  return ({ text }, limit = Number.POSITIVE_INFINITY) => {
    if (!test(text)) return [];
    const most = Math.max(16, Math.floor(SPAN_BUDGET / (text.length + 1)));
    const spans: Span[] = [];
    const matcher = re.matcher(text);
    for (let tries = 1; spans.length < limit && matcher.find(); tries++) {
      const start = matcher.start();
      if (tries >= most) {
        if (start < text.length) spans.push({ start, end: text.length });
        break;
      }
      if (matcher.end() > start) spans.push({ start, end: matcher.end() });
    }
    return spans;
  };
}

let last: { pattern: string; ignoreCase: boolean; re: RE2JS } | undefined;

/**
 * Compiles with RE2 syntax; throws re2js' syntax error for what RE2 does not allow. The last one is remembered: finding,
 * testing and looking into one pattern share one program and one automaton.
 */
export function compileRe2(pattern: string, ignoreCase: boolean): RE2JS {
  if (last?.pattern === pattern && last.ignoreCase === ignoreCase) return last.re;
  const re = RE2JS.compile(pattern, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
  last = { pattern, ignoreCase, re };
  return re;
}

/** Throws when a pattern does not compile. */
export function subjectMatcher(matcher: RuleMatcher): SubjectMatcher {
  switch (matcher.kind) {
    case 're2':
      return re2Matcher(matcher.pattern, matcher.ignoreCase);
    case 'literal':
      return literalMatcher(matcher.text, matcher.ignoreCase);
    case 'imports':
      return packageFinder(matcher).find;
    case 'phrases':
      return phrasesMatcher(matcher.phrases);
    case 'shape':
      return shapeMatcher(matcher.pattern, matcher.language);
    case 'any':
      return ({ text }) => [{ start: 0, end: text.length }];
  }
}

/** The matcher alone, without scope or time, e.g. to highlight what a rule would hit. Throws like `subjectMatcher`. */
export function textMatcher(matcher: RuleMatcher): (text: string, language?: string | null) => Span[] {
  const find = subjectMatcher(matcher);
  return (text, language) => find(new Subject(text, language));
}
