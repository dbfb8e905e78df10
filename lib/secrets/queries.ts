import { db, type Tx } from '#lib/db';
import { findSecrets } from './find.ts';
import { maskedData, maskedMessage, maskedTexts, secretValues, textsOf } from './mask.ts';
import type { SecretField, SecretSpan } from './schema.ts';

const texts = { id: true, prompt: true, before: true, completion: true } as const;

/**
 * The secrets of interactions, by id: what the worker found, or for those it has not come to yet, what a scan finds
 * now. So nothing is shown unmasked in the seconds after its arrival, nor where the analysis was given up.
 * no authorize: answers places, not texts, to queries that have asked.
 */
export async function secretsOf(
  given: readonly { id: string }[],
  client: Tx = db,
): Promise<ReadonlyMap<string, SecretSpan[]>> {
  const found = new Map<string, SecretSpan[]>(given.map(({ id }) => [id, []]));
  if (found.size === 0) return found;
  // First the tasks, then the rows: a task that is done in between has left its rows.
  const waiting = await client.analysisTask.findMany({
    where: { interactionId: { in: [...found.keys()] } },
    select: { interactionId: true },
  });
  const unscanned = new Set(waiting.map(({ interactionId }) => interactionId));
  const kept = await client.secret.findMany({
    where: { interactionId: { in: [...found.keys()].filter((id) => !unscanned.has(id)) } },
    orderBy: [{ field: 'asc' }, { start: 'asc' }],
  });
  for (const { interactionId, field, start, end, rule } of kept)
    found.get(interactionId)?.push({ field: field as SecretField, start, end, rule });
  if (unscanned.size > 0) {
    const rows = await client.interaction.findMany({ where: { id: { in: [...unscanned] } }, select: texts });
    for (const row of rows) found.set(row.id, await findSecrets(textsOf(row)));
  }
  return found;
}

type Maskable = {
  id: string;
  prompt: string;
  before?: string | null;
  completion: string;
  path?: string | null;
  meta?: unknown;
  findings?: { message: string | null }[];
};

/**
 * Interactions as everybody may see them: secrets covered in the texts, the path, the sender's own data and in what
 * detectors quote. `secrets` says where and of which kind, never what.
 */
export async function maskRows<T extends Maskable>(
  rows: readonly T[],
  client: Tx = db,
): Promise<(T & { secrets: SecretSpan[] })[]> {
  const found = await secretsOf(rows, client);
  return rows.map((row) => maskRow(row, found.get(row.id) ?? []));
}

/** The same for one whose secrets are known. */
function maskRow<T extends Maskable>(row: T, secrets: SecretSpan[]): T & { secrets: SecretSpan[] } {
  const { prompt, before = null, completion } = row;
  const values = secretValues({ prompt, before, completion }, secrets);
  const shown = maskedTexts({ prompt, before, completion }, secrets);
  return {
    ...row,
    prompt: shown.prompt,
    completion: shown.completion,
    ...(row.before !== undefined && { before: shown.before }),
    ...(row.path !== undefined && { path: maskedMessage(row.path, values) }),
    ...(row.meta !== undefined && { meta: maskedData(row.meta, values) }),
    ...(row.findings && {
      findings: row.findings.map((finding) => ({
        ...finding,
        message: maskedMessage(finding.message, values),
      })),
    }),
    secrets,
  };
}

/** The same for lists, which have findings but no texts. */
export async function maskMessages<T extends { id: string; findings: { message: string | null }[] }>(
  rows: readonly T[],
): Promise<T[]> {
  const values = await valuesOf(rows.filter(({ findings }) => findings.length > 0));
  return rows.map((row) => ({
    ...row,
    findings: row.findings.map((finding) => ({
      ...finding,
      message: maskedMessage(finding.message, values.get(row.id) ?? []),
    })),
  }));
}

/** The same for lists with one line of what a detector said. */
export async function maskTitles<T extends { id: string; title: string }>(rows: readonly T[]): Promise<T[]> {
  const values = await valuesOf(rows);
  return rows.map((row) => ({ ...row, title: maskedMessage(row.title, values.get(row.id) ?? []) }));
}

/** What messages of these interactions must not quote; only the texts of those with a secret are read. */
async function valuesOf(given: readonly { id: string }[]): Promise<ReadonlyMap<string, string[]>> {
  const found = await secretsOf(given);
  const holders = [...found].filter(([, spans]) => spans.length > 0).map(([id]) => id);
  if (holders.length === 0) return new Map();
  const rows = await db.interaction.findMany({ where: { id: { in: holders } }, select: texts });
  return new Map(rows.map((row) => [row.id, secretValues(row, found.get(row.id) ?? [])]));
}
