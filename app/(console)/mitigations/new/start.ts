import type { UserActor } from '#lib/actor';
import { clusterMemberIds } from '#lib/clusters/members';
import { getCluster } from '#lib/clusters/queries';
import { MAX_LINKS } from '#lib/incidents/schema';
import { FINAL_STATES } from '#lib/incidents/states';
import { getInteraction } from '#lib/interactions/queries';
import type { LinkedExample } from '#lib/mitigations/linked';
import { composerExamples, exampleInteractions, incidentByRef } from '#lib/mitigations/queries';
import { type Suggestion, suggestRule } from '#lib/mitigations/suggest';
import type { ComposerSource } from '../composer.tsx';

export type Asked = { incident?: string; cluster?: string; interaction?: string };

export type ComposerStart = {
  source: ComposerSource;
  /** What the page is called and a line beside it. */
  title: string;
  facts: string;
  ruleTitle: string;
  suggestion: Suggestion;
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
    suggestion: suggestRule(examples) ?? NOTHING,
    examples,
  };
}

async function fromCluster(actor: UserActor, ref: string): Promise<ComposerStart> {
  const [cluster, ids] = await Promise.all([getCluster(actor, ref), clusterMemberIds(actor, ref, MAX_LINKS)]);
  const examples = await exampleInteractions(actor, ids);
  const open = cluster.incidents.find(({ state }) => !FINAL_STATES.some((final) => final === state));
  const title = headline(cluster.representative?.title);
  return {
    source: {
      incident: open ? await incidentByRef(actor, open.ref) : null,
      cluster: cluster.ref,
      declare: { title, interactionIds: ids },
    },
    title: `New rule from ${cluster.ref}`,
    facts: `${title} · ${cluster.size.toLocaleString('en')} members`,
    ruleTitle: title,
    suggestion: suggestRule(examples) ?? NOTHING,
    examples,
  };
}

async function fromInteraction(actor: UserActor, id: string): Promise<ComposerStart> {
  const interaction = await getInteraction(actor, id);
  const examples = await exampleInteractions(actor, [interaction.id]);
  const open = interaction.incidents.find(({ state }) => !FINAL_STATES.some((final) => final === state));
  const title = headline(interaction.title);
  return {
    source: {
      incident: open ? await incidentByRef(actor, open.ref) : null,
      cluster: null,
      declare: { title, interactionIds: [interaction.id] },
    },
    title: 'New rule from an interaction',
    facts: title,
    ruleTitle: title,
    suggestion: suggestRule(examples) ?? NOTHING,
    examples,
  };
}

/** One line that fits a title; the person writes the real one. */
function headline(text: string | undefined): string {
  return (text ?? '').split('\n')[0]?.trim().slice(0, 120) ?? '';
}
