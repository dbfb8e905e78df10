import type { UserActor } from '#lib/actor';
import { clusterMemberIds } from '#lib/clusters/members';
import { getCluster } from '#lib/clusters/queries';
import { MAX_LINKS } from '#lib/incidents/schema';
import { getInteraction, termsOf } from '#lib/interactions/queries';
import { listInteractionsSchema } from '#lib/interactions/schema';
import type { LinkedExample } from '#lib/mitigations/linked';
import { composerExamples, exampleInteractions, incidentByRef } from '#lib/mitigations/queries';
import { draftFrom } from '#lib/mitigations/query-draft';
import type { Suggestion } from '#lib/mitigations/suggest';
import {
  type RuleSuggestion,
  suggestFromCluster,
  suggestFromExamples,
  suggestFromInteraction,
  type Why,
} from '#lib/mitigations/suggestions';
import { searchInteractions } from '#lib/search/mutations';
import { writeQuery } from '#lib/search/query';
import type { RuleTests } from '#sdk/rule';
import type { ComposerSource } from '../composer.tsx';

export type Asked = { incident?: string; cluster?: string; interaction?: string; query?: string };

type ComposerStart = {
  source: ComposerSource;
  /** What the page is called and a line beside it. */
  title: string;
  facts: string;
  ruleTitle: string;
  suggestion: Suggestion;
  /** What the suggestion was made of; null where nothing is said about that. */
  why: Why[] | null;
  tests: RuleTests | null;
  examples: LinkedExample[];
};

const NOTHING: Suggestion = {
  matcher: { kind: 'literal', text: '', ignoreCase: false },
  target: 'completion',
  scope: {},
};

/** What the composer opens with, from where it was opened; null for a bare address. Throws `not_found`. */
export async function composerStart(actor: UserActor, asked: Asked): Promise<ComposerStart | null> {
  if (asked.cluster !== undefined) return fromCluster(actor, asked.cluster);
  if (asked.interaction !== undefined) return fromInteraction(actor, asked.interaction);
  if (asked.incident !== undefined) return fromIncident(actor, asked.incident);
  if (asked.query !== undefined) return fromQuery(actor, asked.query);
  return null;
}

async function fromIncident(actor: UserActor, ref: string): Promise<ComposerStart> {
  const incident = await incidentByRef(actor, ref);
  const { linked, examples } = await composerExamples(actor, incident.id);
  return {
    source: { incident, cluster: null, declare: { title: '', interactionIds: [] } },
    title: `New rule for ${incident.ref}`,
    facts: `${incident.title} · ${linked} linked ${linked === 1 ? 'interaction' : 'interactions'}`,
    ruleTitle: incident.title,
    suggestion: (await suggestFromExamples(actor, examples)) ?? NOTHING,
    why: null,
    tests: null,
    examples,
  };
}

async function fromCluster(actor: UserActor, ref: string): Promise<ComposerStart> {
  const [cluster, ids, suggestion] = await Promise.all([
    getCluster(actor, ref),
    clusterMemberIds(actor, ref, MAX_LINKS),
    suggestFromCluster(actor, ref),
  ]);
  const title = headline(cluster.representative?.title);
  return suggested(actor, suggestion, ids, {
    cluster: cluster.ref,
    title: `New rule from ${cluster.ref}`,
    facts: `${title} · ${cluster.size.toLocaleString('en')} members`,
    headline: title,
  });
}

async function fromInteraction(actor: UserActor, id: string): Promise<ComposerStart> {
  const [interaction, suggestion] = await Promise.all([
    getInteraction(actor, id),
    suggestFromInteraction(actor, id),
  ]);
  const title = headline(interaction.title);
  return suggested(actor, suggestion, [interaction.id], {
    cluster: null,
    title: 'New rule from an interaction',
    facts: title,
    headline: title,
  });
}

/** So many of what the query finds, the newest, are the draft's examples. */
const FOUND = 20;

async function fromQuery(actor: UserActor, query: string): Promise<ComposerStart> {
  const filters = listInteractionsSchema.parse({ query, limit: FOUND });
  const { items } = await searchInteractions(actor, filters);
  const ids = items.map(({ id }) => id);
  const { matcher, scope, left } = draftFrom(termsOf(filters));
  const fields = new Set(items.flatMap(({ match }) => (match ? [match.field] : [])));
  const [field = 'completion'] = fields;
  return {
    source: { incident: null, cluster: null, declare: { title: headline(query), interactionIds: ids } },
    title: 'New rule from a query',
    facts: left.length > 0 ? `${query} · not in the rule: ${writeQuery(left)}` : query,
    ruleTitle: headline(query),
    suggestion: { matcher: matcher ?? NOTHING.matcher, target: fields.size > 1 ? 'both' : field, scope },
    why: null,
    tests: null,
    examples: await exampleInteractions(actor, ids),
  };
}

type From = { cluster: string | null; title: string; facts: string; headline: string };

async function suggested(
  actor: UserActor,
  suggestion: RuleSuggestion | null,
  ids: string[],
  from: From,
): Promise<ComposerStart> {
  const [examples, incident] = await Promise.all([
    exampleInteractions(actor, ids),
    suggestion?.incident ? incidentByRef(actor, suggestion.incident) : null,
  ]);
  return {
    source: {
      incident,
      cluster: from.cluster,
      declare: { title: from.headline || (suggestion?.title ?? ''), interactionIds: ids },
    },
    title: from.title,
    facts: from.facts,
    ruleTitle: suggestion?.title ?? from.headline,
    suggestion: suggestion ?? NOTHING,
    why: suggestion?.why ?? [],
    tests: suggestion?.tests ?? null,
    examples,
  };
}

/** One line that fits a title; the person writes the real one. */
function headline(text: string | undefined): string {
  return (text ?? '').split('\n')[0]?.trim().slice(0, 120) ?? '';
}
