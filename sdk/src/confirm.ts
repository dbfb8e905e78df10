import { boundedTest } from './automata.ts';
import { compileRe2, foldCase, type Subject, type SubjectMatcher } from './match.ts';
import { needlesOf } from './phrases.ts';
import type { Program } from './program.ts';
import { reachOf } from './reach.ts';
import { soughtIn } from './required.ts';
import type { RuleMatcher } from './rule.ts';
import { createThreads } from './threads.ts';
import { blockEnd, isNear, startsNear } from './windows.ts';
import type { Work } from './work.ts';

/** Where strings of a rule were seen in a text, see `startsNear`; null where nobody knows. */
export type Seen = readonly number[] | null;

/**
 * Whether `find` would find any span: exact, and the cheapest way to know. `seen` are places of strings that the sweep
 * looked for on behalf of this rule.
 */
export type SubjectTest = (subject: Subject, seen: Seen, work: Work) => boolean;

/** Characters in which strings are looked for before a pattern is followed. */
const NEAR = 1_024;
/** More strings are not looked for one by one. */
const FEW = 4;

/** Whether a folded text has a string from each list. */
const hasAll = (folded: string, lists: readonly string[][]) =>
  lists.every((list) => list.length > FEW || list.some((text) => folded.includes(text)));

function re2Test(
  matcher: Extract<RuleMatcher, { kind: 're2' }>,
  program: Program,
  lists: string[][],
): SubjectTest {
  const test = boundedTest(compileRe2(matcher.pattern, matcher.ignoreCase));
  const sought = soughtIn(lists);
  const reach = reachOf(program, sought);
  const threads = createThreads(program, sought);
  const others = lists.filter((list) => list !== sought && list.length <= FEW);
  const most = reach && reach.loops === null && others.length > 0 ? reach.most : NEAR;
  return (subject, seen, work) => {
    const { text } = subject;
    if (seen) {
      const starts = startsNear(text, seen, reach);
      const first = starts[0] ?? 0;
      const last = (starts.at(-1) ?? 0) + most;
      // To look for what else a match must hold is cheaper than to follow it.
      if (last - first < NEAR && !hasAll(foldCase(text.slice(first, last)), others)) return false;
      return threads.run(text, starts, work, {
        folded: () => subject.folded,
        until: blockEnd(text, seen.at(-1) ?? 0),
      });
    }
    return hasAll(subject.folded, lists) && test(text);
  };
}

/** Strings up to here are mostly looked for as they are, longer ones by a part. */
const SHORT = 12;

function literalTest(literal: string, ignoreCase: boolean): SubjectTest {
  const needle = ignoreCase ? foldCase(literal) : literal;
  const most = needle.length;
  return (subject, seen) => {
    const hay = ignoreCase ? subject.folded : subject.text;
    if (!seen) return hay.includes(needle);
    // Nearly always it is where it, or a part of it, was seen first.
    const first = seen[0] ?? 0;
    if (most <= SHORT && hay.startsWith(needle, first - most + 1)) return true;
    if (hay.slice(Math.max(0, first - most), first + most).includes(needle)) return true;
    return isNear(hay, seen, most, (part) => part.includes(needle));
  };
}

function phrasesTest(phrases: readonly string[], find: SubjectMatcher): SubjectTest {
  const needles = needlesOf(phrases);
  const most = Math.max(1, ...[...needles].map((needle) => needle.length));
  // Of many phrases it is not known which was seen.
  if (needles.length > FEW) return (subject) => find(subject, 1).length > 0;
  return (subject, seen) => {
    const { text } = subject.normalized;
    const has = (part: string) => needles.some((needle) => part.includes(needle));
    if (!seen) return has(text);
    return isNear(text, seen, most, has);
  };
}

/** `program` is the pattern's own; null where the matcher is none, or may match a place without text. */
export function subjectTest(
  matcher: RuleMatcher,
  find: SubjectMatcher,
  required: string[][] | null,
  program: Program | null,
): SubjectTest {
  const lists = required ?? [];
  switch (matcher.kind) {
    case 'any':
      return () => true;
    case 're2':
      if (program) return re2Test(matcher, program, lists);
      return (subject) => find(subject, 1).length > 0;
    case 'literal':
      return literalTest(matcher.text, matcher.ignoreCase);
    case 'phrases':
      return phrasesTest(matcher.phrases, find);
    case 'imports':
      return (subject) => find(subject, 1).length > 0;
    case 'shape':
      return (subject) => hasAll(subject.folded, lists) && find(subject, 1).length > 0;
  }
}
