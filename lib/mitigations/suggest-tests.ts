import { clusteredText, streamOf } from '#lib/clusters/shape';
import { tokenise } from '#lib/clusters/tokenise';
import { LIMITS, type RuleTests } from '#sdk/rule';
import type { LinkedExample } from './linked.ts';
import type { RuleDraft } from './schema.ts';
import { hitter } from './suggest-choose.ts';
import { compileTrial } from './trial.ts';
import { proposeVectors } from './vectors.ts';

const NEAR = 3;
const NEAR_LENGTH = 1_200;
/** Tokens that two texts share, as a share of all in either, from which they are near. */
const NEAR_SHARE = 0.15;

const tokensOf = (row: LinkedExample) => {
  const { text, language } = clusteredText(row);
  return new Set(streamOf(tokenise(text.slice(0, 8_000), language)));
};

function likeness(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  let shared = 0;
  for (const token of one) if (other.has(token)) shared += 1;
  return shared / (one.size + other.size - shared || 1);
}

/**
 * Texts that travel with the rule: of members what it must hit, of harmless interactions the nearest that it leaves
 * alone. Both are given with their secrets covered.
 */
export function testsFor(
  draft: RuleDraft,
  members: readonly LinkedExample[],
  benign: readonly LinkedExample[],
): RuleTests {
  const hits = hitter(draft.matcher, draft.target);
  const [first] = members;
  const wanted = first ? tokensOf(first) : new Set<string>();
  const near = benign
    .filter((row) => !hits(row))
    .map((row) => ({ row, near: likeness(wanted, tokensOf(row)) }))
    .filter((each) => each.near >= NEAR_SHARE)
    .sort((a, b) => b.near - a.near)
    .slice(0, NEAR);
  const mustNotMatch = near.flatMap(({ row }) => {
    const text = (draft.target === 'prompt' ? row.prompt : row.completion)
      .slice(0, NEAR_LENGTH)
      .toWellFormed();
    return text === '' || text.length > LIMITS.vectorLength
      ? []
      : [{ text, language: row.language.slice(0, 40) }];
  });
  return {
    mustMatch: proposeVectors(compileTrial(draft), members),
    mustNotMatch: mustNotMatch.filter(
      ({ text, language }) => !hits({ prompt: text, completion: text, language }),
    ),
  };
}
