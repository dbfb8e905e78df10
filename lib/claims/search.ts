import { db } from '#lib/db';
import type { QueueFilters, Stage } from '#lib/reviews/schema';
import { findCandidates, piecesOf } from '#lib/search/candidates';
import { openSession } from '#lib/search/session';
import { maskMessages, maskRows } from '#lib/secrets/queries';

/** Filters with what their search found: interactions, `more` where there may be more, and detectors named so. */
export type Searched<F extends Partial<QueueFilters> = QueueFilters> = F & {
  found?: { ids: string[]; more: boolean; detectors: string[] };
};

/** So many are found by their text, and so many by what a detector said; due first. */
const MOST = 2_000;
/** Items due first whose findings and ids are looked through, and newest ones that the index may lack. */
const NEAR = 10_000;
/** More candidates than this say that the words are everywhere: then those due first are read instead. */
const CANDIDATES = 20_000;
/** Texts with something covered, of which it is read whether what is shown has the words; so many of them at a time. */
const COVERED = 200;
const READ = 50;
const DETECTORS = 50;
const ID_PART = 6;

/**
 * The filters with what `q` finds among what waits: a cluster by C-88, an id or a part of it, a detector by a part of its
 * name, what a detector said, and the prompt and the answer. All in whatever case, and in texts as they are shown: a
 * covered secret is not found by what it is.
 * no authorize: answers ids to queries and verbs that have asked.
 */
export async function searched<F extends Partial<QueueFilters>>(filters: F): Promise<Searched<F>> {
  const q = filters.q?.toLowerCase();
  if (q === undefined) return filters;
  const stage = filters.stage ?? 'review';
  const cluster = /^c-(\d{1,9})$/.exec(q)?.[1];
  if (cluster) {
    const ids = await membersOf(Number(cluster), stage);
    return { ...filters, found: { ids, more: ids.length === NEAR, detectors: [] } };
  }
  const [detectors, said, texts, ids] = await Promise.all([
    detectorsNamed(q),
    saidOf(q, stage),
    textsWith(q, stage),
    idsBeginning(q),
  ]);
  const more = said.length >= MOST || texts.length >= MOST;
  return { ...filters, found: { ids: [...new Set([...ids, ...said, ...texts])], more, detectors } };
}

async function membersOf(cluster: number, stage: Stage): Promise<string[]> {
  return idsOf(
    await db.$queryRaw<Id[]>`
    SELECT item.interaction_id AS id FROM cluster_member AS member
    JOIN queue_item AS item ON item.interaction_id = member.interaction_id
    WHERE member.cluster_id = (SELECT id FROM cluster WHERE number = ${cluster}::int)
      AND item.state = 'pending' AND item.stage = ${stage}
    ORDER BY item.due_at, item.interaction_id LIMIT ${NEAR}`,
  );
}

/** One index probe for each detector there is. */
async function detectorsNamed(q: string): Promise<string[]> {
  const rows = await db.$queryRaw<{ detector: string }[]>`
    WITH RECURSIVE known (detector) AS (
      (SELECT detector FROM finding ORDER BY detector LIMIT 1)
      UNION ALL
      SELECT (SELECT finding.detector FROM finding WHERE finding.detector > known.detector
        ORDER BY finding.detector LIMIT 1)
      FROM known WHERE known.detector IS NOT NULL)
    SELECT detector FROM known WHERE strpos(lower(detector), ${q}) > 0 LIMIT ${DETECTORS}`;
  return rows.map(({ detector }) => detector);
}

/** Whole ids and their beginnings, wherever they stand in the queue. */
async function idsBeginning(q: string): Promise<string[]> {
  const hex = q.replaceAll('-', '');
  if (!/^[0-9a-f]{8,32}$/.test(hex)) return [];
  return idsOf(
    await db.$queryRaw<Id[]>`
    SELECT interaction_id AS id FROM queue_item
    WHERE interaction_id BETWEEN ${hex.padEnd(32, '0')}::uuid AND ${hex.padEnd(32, 'f')}::uuid
      AND state = 'pending' ORDER BY due_at, interaction_id LIMIT ${MOST}`,
  );
}

/** By rules and messages of findings, and by any part of an id, among the items due first. */
async function saidOf(q: string, stage: Stage): Promise<string[]> {
  // Less of an id is in very many.
  const part = q.length < ID_PART ? null : q;
  const rows = await db.$queryRaw<{ id: string; named: boolean; messages: (string | null)[] }[]>`
    WITH near AS MATERIALIZED (
      SELECT interaction_id, due_at FROM queue_item WHERE state = 'pending' AND stage = ${stage}
      ORDER BY due_at, interaction_id LIMIT ${NEAR})
    SELECT near.interaction_id AS id, (strpos(near.interaction_id::text, ${part}) > 0) IS TRUE
        OR bool_or(strpos(lower(finding.rule), ${q}) > 0) IS TRUE AS named,
      array_agg(finding.message) AS messages
    FROM near JOIN finding USING (interaction_id)
    WHERE strpos(near.interaction_id::text, ${part}) > 0 OR strpos(lower(finding.rule), ${q}) > 0
      OR strpos(lower(finding.message), ${q}) > 0
    GROUP BY near.interaction_id, near.due_at ORDER BY near.due_at, near.interaction_id LIMIT ${MOST}`;
  const shown = await maskMessages(
    rows.map(({ messages, ...row }) => ({ ...row, findings: messages.map((message) => ({ message })) })),
  );
  return shown
    .filter(({ named, findings }) => named || findings.some(({ message }) => has(message, q)))
    .map(({ id }) => id);
}

/** By prompt and answer: what the index of pieces does not rule out, and the newest that it does not hold yet. */
async function textsWith(q: string, stage: Stage): Promise<string[]> {
  const pieces = piecesOf([[q]]);
  if (!pieces) return [];
  const session = await openSession();
  const candidates = await findCandidates(session, pieces, CANDIDATES).finally(() => session.end());
  const holding = await db.$queryRaw<(Id & { covers: boolean })[]>`
    WITH near AS MATERIALIZED (
      SELECT interaction_id, due_at FROM queue_item
      WHERE ${candidates === null} AND state = 'pending' AND stage = ${stage}
      ORDER BY due_at, interaction_id LIMIT ${NEAR}
    ), fresh AS MATERIALIZED (
      SELECT newest.id FROM (SELECT id FROM interaction ORDER BY received_at DESC, id LIMIT ${NEAR}) AS newest
      WHERE NOT EXISTS (SELECT 1 FROM search_document AS held WHERE held.interaction_id = newest.id)
    ), maybe AS (
      SELECT interaction_id, due_at FROM near
      UNION
      SELECT interaction_id, due_at FROM queue_item
      WHERE interaction_id IN (SELECT unnest(${candidates ?? []}::uuid[]) UNION ALL SELECT id FROM fresh)
        AND state = 'pending' AND stage = ${stage})
    SELECT maybe.interaction_id AS id,
      EXISTS (SELECT 1 FROM secret WHERE secret.interaction_id = maybe.interaction_id)
        OR EXISTS (SELECT 1 FROM analysis_task AS task WHERE task.interaction_id = maybe.interaction_id) AS covers
    FROM maybe JOIN interaction ON interaction.id = maybe.interaction_id
    WHERE strpos(lower(interaction.prompt), ${q}) > 0 OR strpos(lower(interaction.completion), ${q}) > 0
    ORDER BY maybe.due_at, maybe.interaction_id LIMIT ${MOST}`;
  const plain = idsOf(holding.filter(({ covers }) => !covers));
  const covering = idsOf(holding.filter(({ covers }) => covers)).slice(0, COVERED);
  return [...plain, ...(await shownWith(q, covering))];
}

/** Of texts that hold the words those that show them. */
async function shownWith(q: string, ids: string[]): Promise<string[]> {
  const found: string[] = [];
  for (let from = 0; from < ids.length; from += READ) {
    const rows = await db.interaction.findMany({
      where: { id: { in: ids.slice(from, from + READ) } },
      select: { id: true, prompt: true, completion: true, before: true },
    });
    for (const { id, prompt, completion } of await maskRows(rows))
      if (has(prompt, q) || has(completion, q)) found.push(id);
  }
  return found;
}

type Id = { id: string };

function idsOf(rows: Id[]): string[] {
  return rows.map(({ id }) => id);
}

function has(text: string | null, q: string): boolean {
  return text?.toLowerCase().includes(q) ?? false;
}
