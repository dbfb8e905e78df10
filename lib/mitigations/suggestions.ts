import type { Actor } from '#lib/actor';
import { clusterMemberIds } from '#lib/clusters/members';
import { getCluster } from '#lib/clusters/queries';
import { db } from '#lib/db';
import { AppError } from '#lib/errors';
import { FINAL_STATES } from '#lib/incidents/states';
import { authorize } from '#lib/permissions';
import { maskRows } from '#lib/secrets/queries';
import type { Rule, RuleMatcher, RuleScope, RuleTests } from '#sdk/rule';
import { examplesOf, type LinkedExample } from './linked.ts';
import { type Suggestion, suggestRule, suggestScope } from './suggest.ts';
import { candidatesOf } from './suggest-candidates.ts';
import { type Measured, measure, rank, shownOf } from './suggest-choose.ts';
import { placesBeyond } from './suggest-reach.ts';
import { benignIn, othersThan } from './suggest-sample.ts';
import { testsFor } from './suggest-tests.ts';

/** Members that a feature is counted in; a back-test counts all. */
const MEMBERS = 200;

/** One thing that the members share, with the rule that would look for it alone. */
export type Why = Measured;

export type RuleSuggestion = {
  title: string;
  matcher: RuleMatcher;
  target: Rule['target'];
  scope: RuleScope;
  tests: RuleTests;
  /** What the members share, the one that became the rule first. */
  why: Why[];
  /** `INC-12`: the open incident that a member is linked to already. */
  incident: string | null;
};

/**
 * A rule to correct, from what the members of a cluster share and others seldom have. Null when no member has a text
 * or they share nothing. Throws `not_found`.
 */
export async function suggestFromCluster(actor: Actor, ref: string): Promise<RuleSuggestion | null> {
  authorize(actor, 'mitigation.read');
  const [cluster, ids] = await Promise.all([getCluster(actor, ref), clusterMemberIds(actor, ref, MEMBERS)]);
  return suggestFor(actor, ids, cluster.representative?.title ?? '');
}

/** The same from one interaction, whether in a cluster or not: what it has and others seldom do. Throws `not_found`. */
export async function suggestFromInteraction(actor: Actor, id: string): Promise<RuleSuggestion | null> {
  authorize(actor, 'mitigation.read');
  const known = UUID.test(id) ? await db.interaction.count({ where: { id } }) : 0;
  if (known === 0) throw new AppError('not_found', 'There is no such interaction.');
  return suggestFor(actor, [id], '');
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The same from any interactions. */
async function suggestFor(actor: Actor, ids: string[], headline: string): Promise<RuleSuggestion | null> {
  authorize(actor, 'interaction.read');
  const raw = (await examplesOf(db, ids, MEMBERS)).filter(hasText);
  // Features are taken from texts with their secrets covered, and counted in the texts as they are.
  const members: LinkedExample[] = await maskRows(raw);
  const languages = [...new Set(members.map(({ language }) => language))];
  const others = await othersThan(ids, languages);
  const measured = candidatesOf(members).map((candidate) => measure(candidate, raw, others));
  const why = shownOf(rank(measured));
  const [chosen] = why;
  if (!chosen) return null;
  const { matcher, target } = chosen;
  const scope = suggestScope([...members, ...(await placesBeyond(chosen, ids))]);
  const [benign, incident] = await Promise.all([
    benignIn(languages).then((rows) => maskRows(rows)),
    openIncident(ids),
  ]);
  return {
    title: titleOf(chosen, headline),
    matcher,
    target,
    scope,
    tests: testsFor({ scope, matcher, target }, members, benign),
    why,
    incident,
  };
}

/** A first rule to correct, from what is linked to an incident: as wide as what it looks for is found. */
export async function suggestFromExamples(
  actor: Actor,
  examples: readonly LinkedExample[],
): Promise<Suggestion | null> {
  authorize(actor, 'mitigation.read');
  const suggestion = suggestRule(examples);
  if (suggestion === null || isBlank(suggestion.matcher)) return suggestion;
  const ids = examples.map(({ id }) => id);
  return { ...suggestion, scope: suggestScope([...examples, ...(await placesBeyond(suggestion, ids))]) };
}

const isBlank = (matcher: RuleMatcher) => matcher.kind === 'literal' && matcher.text === '';

const hasText = ({ prompt, completion }: LinkedExample) => prompt !== '' || completion !== '';

const TITLE = 120;

function titleOf({ kind, feature }: Measured, headline: string): string {
  const line = headline.split('\n')[0]?.trim() ?? '';
  const own = {
    package: `Imports of ${feature}`,
    host: `Code that names ${feature}`,
    phrase: `Prompts with “${feature}”`,
    text: `Code with ${feature}`,
    code: 'Code of a shared shape',
  }[kind];
  return (line === '' ? own : line).replaceAll(/\s+/g, ' ').slice(0, TITLE);
}

/** The newest open incident that one of them is linked to. */
async function openIncident(ids: string[]): Promise<string | null> {
  const found = await db.incident.findFirst({
    where: { state: { notIn: [...FINAL_STATES] }, interactions: { some: { interactionId: { in: ids } } } },
    orderBy: { number: 'desc' },
    select: { number: true },
  });
  return found && `INC-${found.number}`;
}
