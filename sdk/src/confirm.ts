import { foldCase, type Subject, type SubjectMatcher } from './match.ts';
import { needlesOf } from './phrases.ts';
import { type Program, withoutLead } from './program.ts';
import { reachOf } from './reach.ts';
import type { RuleMatcher } from './rule.ts';
import { createThreads } from './threads.ts';
import { isNear, type Seen, startsNear } from './windows.ts';
import type { Work } from './work.ts';

/**
 * Whether `find` would find any span: exact, and the cheapest way to know. `seen` says of each list that the sweep watches
 * for this rule where its strings are.
 */
export type SubjectTest = (subject: Subject, seen: (list: number) => Seen, work: Work) => boolean;

/** Characters in which strings are looked for before a pattern is followed. */
const NEAR = 1_024;
/** More strings are not looked for one by one. */
const FEW = 4;

/** Whether a folded text has a string from each list. */
const hasAll = (folded: string, lists: readonly string[][]) =>
  lists.every((list) => list.length > FEW || list.some((text) => folded.includes(text)));

/** The strings that each hit holds, and those lists of them that the sweep watches. */
interface Strings {
  required: readonly string[][] | null;
  watched: readonly string[][];
}

function re2Test(whole: Program, { required, watched }: Strings): SubjectTest {
  const program = withoutLead(whole);
  const lists = required ?? [];
  const reaches = watched.map((list) => reachOf(program, list));
  /** Where a match begins with a string, it begins there and nowhere else. */
  const head = Math.max(
    0,
    reaches.findIndex((reach) => reach?.before != null),
  );
  const threads = createThreads(program, watched);
  const others = lists.filter((list) => list !== watched[0] && list.length <= FEW);
  const most = reaches[0] && reaches[0].loops === null && others.length > 0 ? reaches[0].most : NEAR;
  return (subject, seenOf, work) => {
    const { text } = subject;
    const ahead = { folded: () => subject.folded, seen: seenOf, stretches: subject.stretches };
    const sought = seenOf(0);
    if (!sought) return hasAll(subject.folded, lists) && threads.run(text, [0, text.length - 1], work, ahead);
    if (watched.some((_, list) => seenOf(list)?.length === 0)) return false;
    const heads = seenOf(head);
    const starts = startsNear(subject.stretches, heads ?? sought, reaches[heads ? head : 0] ?? null, work);
    const first = starts[0] ?? 0;
    const last = (starts.at(-1) ?? 0) + most;
    // To look for what else a match must hold is cheaper than to follow it.
    if (last - first < NEAR && !hasAll(foldCase(text.slice(first, last)), others)) return false;
    return threads.run(text, starts, work, ahead);
  };
}

/** Strings up to here are mostly looked for as they are, longer ones by a part. */
const SHORT = 12;

function literalTest(literal: string, ignoreCase: boolean): SubjectTest {
  const needle = ignoreCase ? foldCase(literal) : literal;
  const most = needle.length;
  return (subject, seenOf) => {
    const hay = ignoreCase ? subject.folded : subject.text;
    const seen = seenOf(0);
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
  return (subject, seenOf) => {
    const { text } = subject.normalized;
    const seen = seenOf(0);
    const has = (part: string) => needles.some((needle) => part.includes(needle));
    if (!seen) return has(text);
    return isNear(text, seen, most, has);
  };
}

/** `program` is the pattern's own; null where the matcher is none, or may match a place without text. */
export function subjectTest(
  matcher: RuleMatcher,
  find: SubjectMatcher,
  strings: Strings,
  program: Program | null,
): SubjectTest {
  switch (matcher.kind) {
    case 'any':
      return () => true;
    case 're2':
      if (program) return re2Test(program, strings);
      return (subject) => find(subject, 1).length > 0;
    case 'literal':
      return literalTest(matcher.text, matcher.ignoreCase);
    case 'phrases':
      return phrasesTest(matcher.phrases, find);
    case 'imports':
      return (subject) => find(subject, 1).length > 0;
    case 'shape':
      return (subject) => hasAll(subject.folded, strings.required ?? []) && find(subject, 1).length > 0;
  }
}
