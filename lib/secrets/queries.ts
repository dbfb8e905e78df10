import { db, type Tx } from '#lib/db';
import { secretsIn, uncoveredIn } from './marked.ts';
import { coveredTexts, maskedData, maskedMessage, secretValues } from './mask.ts';
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
    const rows = await client.interaction.findMany({
      where: { id: { in: [...unscanned] } },
      select: {
        ...texts,
        findings: { where: { category: 'secret' }, select: { category: true, start: true, end: true } },
      },
    });
    for (const row of rows) found.set(row.id, await secretsIn(row));
  }
  return found;
}

type Said = { message: string | null; category?: string; start?: number | null; end?: number | null };

type Maskable = {
  id: string;
  prompt: string;
  before?: string | null;
  completion: string;
  path?: string | null;
  meta?: unknown;
  findings?: Said[];
};

/** `secrets`: where in the shown texts something is covered, and of which kind; `uncovered`: secrets that a detector names and that could not be. */
type Masked = { secrets: SecretSpan[]; uncovered: number };

/**
 * Interactions as everybody may see them: secrets covered in the texts, the path, the sender's own data and in what
 * detectors quote. All offsets are of the texts as shown. `secrets` says where and of which kind, never what.
 */
export async function maskRows<T extends Maskable>(
  rows: readonly T[],
  client: Tx = db,
): Promise<(T & Masked)[]> {
  const found = await secretsOf(rows, client);
  return rows.map((row) => maskRow(row, found.get(row.id) ?? []));
}

/** The same for one. */
export async function maskOne<T extends Maskable>(row: T): Promise<T & Masked> {
  return maskRow(row, (await secretsOf([row])).get(row.id) ?? []);
}

/** The same for one whose secrets are known. */
function maskRow<T extends Maskable>(row: T, secrets: SecretSpan[]): T & Masked {
  const { prompt, before = null, completion } = row;
  const values = secretValues({ prompt, before, completion }, secrets);
  const shown = coveredTexts({ prompt, before, completion }, secrets);
  const marked = completion === '' ? shown.prompt : shown.completion;
  const findings = row.findings?.map((finding) => {
    const { start, end } = finding;
    return {
      ...finding,
      ...(typeof start === 'number' && typeof end === 'number' && marked.placed({ start, end })),
      message: maskedMessage(finding.message, values),
    };
  });
  return {
    ...row,
    prompt: shown.prompt.text,
    completion: shown.completion.text,
    ...(row.before !== undefined && { before: shown.before?.text ?? null }),
    ...(row.path !== undefined && { path: maskedMessage(row.path, values) }),
    ...(row.meta !== undefined && { meta: maskedData(row.meta, values) }),
    ...(findings && { findings }),
    secrets: secrets.map((span) => ({ ...span, ...shown[span.field]?.placed(span) })),
    uncovered: uncoveredIn(
      {
        prompt,
        before,
        completion,
        findings: (row.findings ?? []).map(({ category = '', start = null, end = null }) => ({
          category,
          start,
          end,
        })),
      },
      secrets,
    ),
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
