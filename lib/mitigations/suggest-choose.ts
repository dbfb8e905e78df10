import { textMatcher } from '#sdk/engine';
import type { Rule, RuleMatcher } from '#sdk/rule';
import { RARE } from './rare.ts';
import type { Candidate } from './suggest-candidates.ts';

type Texts = { prompt: string; completion: string; language: string };
/** One outside the members; `package` when a detector found a malicious one in it. */
export type Other = Texts & { package: boolean };

export type Measured = Candidate & {
  /** Of `members` that have their text, how many it hits. */
  inMembers: number;
  members: number;
  /** Of `of` other interactions in the same languages, drawn at random, how many it hits. */
  elsewhere: number;
  of: number;
};

/** Whether a matcher hits a text, without scope. */
export function hitter(matcher: RuleMatcher, target: Rule['target']): (row: Texts) => boolean {
  const find = textMatcher(matcher);
  return ({ prompt, completion, language }) =>
    (target !== 'completion' && prompt !== '' && find(prompt, language).length > 0) ||
    (target !== 'prompt' && completion !== '' && find(completion, language).length > 0);
}

/**
 * How often a candidate hits members and others. A package is looked for wherever it is mentioned where others rarely do
 * that: what only reads imports misses what comes in a form that nobody thought of.
 */
export function measure(candidate: Candidate, members: readonly Texts[], others: readonly Other[]): Measured {
  const { matcher } = candidate;
  if (matcher.kind !== 'imports') return counted(candidate, members, others);
  // The same package in another cluster is more of the same, and speaks for the rule.
  const apart = others.filter((other) => !other.package);
  const mentioned = counted({ ...candidate, matcher: { ...matcher, find: 'mentioned' } }, members, apart);
  return mentioned.of > 0 && isRare(mentioned) ? mentioned : counted(candidate, members, apart);
}

function counted(candidate: Candidate, members: readonly Texts[], others: readonly Other[]): Measured {
  const hits = hitter(candidate.matcher, candidate.target);
  return {
    ...candidate,
    inMembers: members.filter(hits).length,
    members: members.length,
    elsewhere: others.filter(hits).length,
    of: others.length,
  };
}

const SURE: Candidate['kind'][] = ['package', 'phrase', 'host', 'text', 'code'];
/** Most features that are shown beside the one that was chosen. */
const SHOWN = 6;

/** A package is harm by its name; next is what detectors point at, which stays when all around it is written anew. */
const sureness = ({ kind, pointed }: Measured) =>
  kind === 'package' ? -2 : pointed ? -1 : SURE.indexOf(kind);

/**
 * Those that say something, best first: in all members before in some, rare elsewhere before common, then the surest,
 * then the one that other code is least likely to have by chance.
 */
export function rank(measured: readonly Measured[]): Measured[] {
  const missed = ({ inMembers, members }: Measured) => members - inMembers;
  const common = (each: Measured) => (isRare(each) ? 0 : each.elsewhere / each.of);
  return [...measured]
    .filter(({ inMembers }) => inMembers > 0)
    .sort(
      (a, b) =>
        missed(a) - missed(b) ||
        common(a) - common(b) ||
        sureness(a) - sureness(b) ||
        a.elsewhere - b.elsewhere ||
        b.feature.length - a.feature.length,
    );
}

/** The ones worth showing: the chosen first, then what else is shared and rare. */
export function shownOf(ranked: readonly Measured[]): Measured[] {
  const [chosen, ...others] = ranked;
  if (!chosen) return [];
  return [chosen, ...others.filter(isRare).slice(0, SHOWN - 1)];
}

function isRare({ elsewhere, of }: Measured): boolean {
  return of === 0 || elsewhere / of <= RARE;
}
