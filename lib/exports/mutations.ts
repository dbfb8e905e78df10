import type { Actor } from '#lib/actor';
import { searchConditions } from '#lib/audit/queries';
import { recordEvent } from '#lib/audit/record';
import { parseSearch } from '#lib/audit/search';
import { db, Prisma, type Tx } from '#lib/db';
import { AppError } from '#lib/errors';
import { lockIncident } from '#lib/incidents/lock';
import { incidentRef } from '#lib/incidents/schema';
import { authorize } from '#lib/permissions';
import { CSV_BOM, csvHeader } from './csv.ts';
import { EVENT_COLUMNS, eventRecord } from './event-record.ts';
import { type Cut, carriedBy, incidentEvents, incidentLines } from './incident-lines.ts';
import { type LogCut, logEvents } from './log-lines.ts';
import { ndjsonLine } from './ndjson.ts';
import { peopleCited } from './people.ts';
import { EXPORT_SCHEMA_VERSION, type Export, type ExportEvents, type ExportIncident } from './schema.ts';

/** Said in every export that has texts, so that nobody takes a mask for what was sent. */
const MASKED =
  'Secrets in texts are covered with • at the same length; `masked` of each interaction says where and of which kind. `sha256` is of the row as it was sent.';
const CONTENT_TYPE = { ndjson: 'application/x-ndjson; charset=utf-8', csv: 'text/csv; charset=utf-8' };

/**
 * An incident's whole history as a download. The export is recorded, with what it will hold, before its first
 * byte is sent: an export that was broken off is in the history too. Throws `not_found`.
 */
export async function exportIncident(actor: Actor, input: ExportIncident): Promise<Export> {
  authorize(actor, 'audit.export');
  const { cut, counts, incident, exportedAt } = await db.$transaction(async (tx) => {
    const locked = await lockIncident(tx, input.incident);
    const before = await cutIncident(tx, locked.id);
    const counted = await countIncident(tx, before);
    await recordEvent(tx, actor, {
      action: 'incident.export',
      subject: { type: 'incident', id: locked.id },
      incidentId: locked.id,
      data: { ref: locked.ref, format: input.format, counts: counted },
    });
    const row = await tx.incident.findUniqueOrThrow({ where: { id: locked.id } });
    return { cut: before, counts: counted, incident: row, exportedAt: new Date() };
  });
  const { number, ...row } = incident;
  const ref = incidentRef(number);
  const opening = [
    { type: 'manifest', incident: ref, ...manifest(actor, exportedAt), counts, secrets: MASKED },
    { type: 'incident', ref, ...row, ...(await namesOf(row)) },
  ];
  return {
    filename: `${ref}-${exportedAt.toISOString().slice(0, 19).replaceAll(':', '')}Z.${input.format}`,
    contentType: CONTENT_TYPE[input.format],
    lines: input.format === 'csv' ? incidentCsv(cut) : withEnd(opening, incidentLines(cut)),
  };
}

/** The whole event log, or what a search finds in it, as a download; recorded before its first byte. */
export async function exportEvents(actor: Actor, input: ExportEvents): Promise<Export> {
  authorize(actor, 'audit.export');
  const search = parseSearch(input.q);
  if (search.problems.length > 0) {
    throw new AppError('invalid', search.problems.join('; '), { fields: { q: search.problems.join('; ') } });
  }
  const conditions = searchConditions(search);
  const exportedAt = new Date();
  const cut = await db.$transaction(async (tx): Promise<LogCut & { events: number }> => {
    const [row] = await tx.$queryRaw<
      { last: bigint | null }[]
    >`SELECT max(leaf_index) AS last FROM event_leaf`;
    const lastLeaf = Number(row?.last ?? -1);
    const where = Prisma.join([Prisma.sql`l.leaf_index <= ${lastLeaf}`, ...conditions], ' AND ');
    const [counted] = await tx.$queryRaw<{ events: number }[]>`
      SELECT count(*)::int AS events FROM event_leaf l JOIN event e ON e.id = l.event_id WHERE ${where}`;
    const events = counted?.events ?? 0;
    await recordEvent(tx, actor, {
      action: 'audit.export',
      subject: { type: 'log', id: 'events' },
      data: { format: input.format, query: input.q, events },
    });
    return { where, events };
  });
  const opening = [
    { type: 'manifest', query: input.q, ...manifest(actor, exportedAt), counts: { events: cut.events } },
  ];
  return {
    filename: `stopgap-events-${exportedAt.toISOString().slice(0, 19).replaceAll(':', '')}Z.${input.format}`,
    contentType: CONTENT_TYPE[input.format],
    lines: input.format === 'csv' ? logCsv(cut) : withEnd(opening, logLines(cut)),
  };
}

function manifest(actor: Actor, exportedAt: Date) {
  const { kind, name } = actor;
  return {
    schemaVersion: EXPORT_SCHEMA_VERSION,
    exportedAt: exportedAt.toISOString(),
    exportedBy: { kind, id: actor.kind === 'system' ? null : actor.id, name },
  };
}

async function namesOf(row: { commanderId: string | null; mergedIntoId: string | null }) {
  const [commander, into] = await Promise.all([
    row.commanderId
      ? db.user.findUnique({ where: { id: row.commanderId }, select: { id: true, name: true } })
      : null,
    row.mergedIntoId
      ? db.incident.findUnique({ where: { id: row.mergedIntoId }, select: { number: true } })
      : null,
  ]);
  return { commander, mergedInto: into ? incidentRef(into.number) : null };
}

/** Fixes what the export covers while the incident's row is locked; its own event comes next in the sequence. */
async function cutIncident(tx: Tx, incidentId: string): Promise<Cut> {
  const links = await tx.incidentInteraction.findMany({
    where: { incidentId },
    orderBy: { interactionId: 'asc' },
    select: { interactionId: true },
  });
  const [last] = await tx.$queryRaw<{ mitigation: number; seq: number; incidentSeq: number }[]>`
    SELECT coalesce((SELECT max(number) FROM mitigation WHERE incident_id = ${incidentId}::uuid), 0) AS mitigation,
      coalesce((SELECT max(seq) FROM ruleset), 0) AS seq,
      coalesce((SELECT max(incident_seq) FROM event WHERE incident_id = ${incidentId}::uuid), 0) AS "incidentSeq"`;
  return {
    incidentId,
    interactionIds: links.map((link) => link.interactionId),
    lastMitigation: last?.mitigation ?? 0,
    lastSeq: last?.seq ?? 0,
    lastIncidentSeq: (last?.incidentSeq ?? 0) + 1,
  };
}

async function countIncident(tx: Tx, cut: Cut) {
  const ids = cut.interactionIds;
  const [row] = await tx.$queryRaw<Record<'findings' | 'reviews' | 'mitigations' | 'rulesets', number>[]>`
    SELECT (SELECT count(*)::int FROM finding WHERE interaction_id = ANY(${ids}::uuid[])) AS findings,
      (SELECT count(*)::int FROM review WHERE interaction_id = ANY(${ids}::uuid[])) AS reviews,
      (SELECT count(*)::int FROM mitigation WHERE incident_id = ${cut.incidentId}::uuid) AS mitigations,
      (SELECT count(*)::int FROM ruleset r WHERE ${carriedBy(cut)}) AS rulesets`;
  return { interactions: ids.length, ...row, events: cut.lastIncidentSeq };
}

/** Ends with the lines that were written, by type: a download without this line was broken off. */
async function* withEnd(
  opening: Record<string, unknown>[],
  lines: AsyncIterable<[type: string, line: string]>,
): AsyncGenerator<string> {
  const written: Record<string, number> = {};
  for (const line of opening) yield ndjsonLine(line);
  for await (const [type, line] of lines) {
    written[type] = (written[type] ?? 0) + 1;
    yield line;
  }
  yield ndjsonLine({ type: 'end', written });
}

async function* incidentCsv(cut: Cut): AsyncGenerator<string> {
  yield CSV_BOM + csvHeader(EVENT_COLUMNS);
  const names = await peopleCited(cut.incidentId);
  for await (const event of incidentEvents(cut)) yield eventRecord(event, event.incidentSeq, names);
}

async function* logCsv(cut: LogCut): AsyncGenerator<string> {
  yield CSV_BOM + csvHeader(EVENT_COLUMNS);
  const names = await peopleCited(null);
  for await (const { leafIndex, ...event } of logEvents(cut)) yield eventRecord(event, leafIndex, names);
}

async function* logLines(cut: LogCut): AsyncGenerator<[string, string]> {
  for await (const { leafIndex, body } of logEvents(cut))
    yield ['event', ndjsonLine({ type: 'event', leafIndex, body })];
}
