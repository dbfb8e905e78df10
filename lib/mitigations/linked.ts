import type { Prisma, Tx } from '#lib/db';
import { maskRows } from '#lib/secrets/queries';
import type { TrialText } from './trial.ts';

// Whether a rule hits an example is seen by whoever drafts it, so examples come as everybody may see them.

/** Enough to write a rule and its tests from; a back-test reads them all. */
const LINKED_EXAMPLES = 50;

export type LinkedExample = TrialText & {
  id: string;
  findings: { category: string; message: string | null; start: number | null; end: number | null }[];
};

const exampleSelect = {
  id: true,
  prompt: true,
  completion: true,
  language: true,
  modelName: true,
  modelVersion: true,
  surface: true,
  tier: true,
  tenant: true,
  findings: {
    orderBy: { position: 'asc' },
    select: { category: true, message: true, start: true, end: true },
  },
} as const satisfies Prisma.InteractionSelect;

/** The interactions that were linked to the incident first, with what detectors said of them. */
export async function linkedExamples(
  client: Tx,
  incidentId: string,
  limit = LINKED_EXAMPLES,
): Promise<LinkedExample[]> {
  const links = await client.incidentInteraction.findMany({
    where: { incidentId },
    orderBy: [{ linkedAt: 'asc' }, { interactionId: 'asc' }],
    take: limit,
    select: { interaction: { select: exampleSelect } },
  });
  return maskRows(
    links.map((link) => link.interaction),
    client,
  );
}

/** These interactions as examples, newest first; unknown ids are left out. */
export async function examplesOf(
  client: Tx,
  ids: string[],
  limit = LINKED_EXAMPLES,
): Promise<LinkedExample[]> {
  const rows = await client.interaction.findMany({
    where: { id: { in: ids } },
    orderBy: [{ receivedAt: 'desc' }, { id: 'asc' }],
    take: limit,
    select: exampleSelect,
  });
  return maskRows(rows, client);
}
