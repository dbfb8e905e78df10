import type { Actor } from '#lib/actor';
import { searchConditions, WITHHELD } from '#lib/audit/queries';
import { recordEvent } from '#lib/audit/record';
import { parseSearch } from '#lib/audit/search';
import { db, type Prisma, type Tx } from '#lib/db';
import { AppError } from '#lib/errors';
import { lockIncident } from '#lib/incidents/lock';
import { mergedIn } from '#lib/incidents/merge';
import { incidentRef } from '#lib/incidents/schema';
import { authorize } from '#lib/permissions';
import { blindEvents, readableReviews } from '#lib/reviews/blind';
import { CSV_BOM, csvHeader } from './csv.ts';
import { EVENT_COLUMNS, eventRecord } from './event-record.ts';
import { type Cut, carriedBy, incidentEvents, incidentLines } from './incident-lines.ts';
import { countOrdered, cutLog, type LogCut, logEvents } from './log-lines.ts';
import { ndjsonLine } from './ndjson.ts';
import { peopleCited } from './people.ts';
import { EXPORT_SCHEMA_VERSION, type Export, type ExportEvents, type ExportIncident } from './schema.ts';
import { closing, openSnapshot } from './snapshot.ts';

/** Said in every export that has texts, so that nobody takes a mask for what was sent. */
const MASKED =
  'Secrets in texts are covered with • at the same length; `masked` of each interaction says where and of which kind. `sha256` is of the row as it was sent.';
/** Why an event of the log comes without its place. */
const UNORDERED =
  'Events with leafIndex null (in CSV: an empty seq) are recorded and have no place in the total order yet, because the worker is behind or an older transaction is still open. GET /api/v1/events gives each of them once, when it has its place.';
const CONTENT_TYPE = { ndjson: 'application/x-ndjson; charset=utf-8', csv: 'text/csv; charset=utf-8' };

/**
 * An incident's whole history as a download. The export is recorded, with what it will hold, before its first
 * byte is sent: an export that was broken off is in the history too. Throws `not_found`.
 */
export async function exportIncident(actor: Actor, input: ExportIncident): Promise<Export> {
  authorize(actor, 'audit.export');
  const snapshot = await openSnapshot();
  try {
    const made = await db.$transaction(async (tx) => {
      const locked = await lockIncident(tx, input.incident);
      // The snapshot begins here, with the incident held: all of its events so far are in it, and none comes between.
      const cut = await cutIncident(snapshot.tx, actor, locked.id);
      const counts = await countIncident(cut);
      await recordEvent(tx, actor, {
        action: 'incident.export',
        subject: { type: 'incident', id: locked.id },
        incidentId: locked.id,
        data: { ref: locked.ref, format: input.format, counts },
      });
      const incident = await tx.incident.findUniqueOrThrow({ where: { id: locked.id } });
      return { cut, counts, incident, exportedAt: new Date() };
    });
    const told = await incidentDownload(made, input.format);
    return { ...told, lines: closing(told.lines, snapshot) };
  } catch (error) {
    await snapshot.close();
    throw error;
  }
}

type Counts = Awaited<ReturnType<typeof countIncident>>;
type Recorded = { cut: Cut; counts: Counts; incident: Prisma.IncidentGetPayload<null>; exportedAt: Date };

async function incidentDownload(
  { cut, counts, incident, exportedAt }: Recorded,
  format: ExportIncident['format'],
): Promise<Export> {
  const { number, ...row } = incident;
  const ref = incidentRef(number);
  const opening = [
    {
      type: 'manifest',
      incident: ref,
      ...manifest(cut.actor, exportedAt),
      counts,
      secrets: MASKED,
      // Their histories stand in this file, after the incident's own.
      merged: cut.merged.map(({ ref, title, mergedAt, events }) => ({ ref, title, mergedAt, events })),
      ...(counts.withheldReviews > 0 && { withheld: WITHHELD }),
    },
    { type: 'incident', ref, ...row, ...(await namesOf(cut.tx, row)) },
  ];
  return {
    filename: `${ref}-${exportedAt.toISOString().slice(0, 19).replaceAll(':', '')}Z.${format}`,
    contentType: CONTENT_TYPE[format],
    lines: format === 'csv' ? incidentCsv(cut, ref) : withEnd(opening, incidentLines(cut)),
  };
}

/** The whole event log, or what a search finds in it, as a download; recorded before its first byte. */
export async function exportEvents(actor: Actor, input: ExportEvents): Promise<Export> {
  authorize(actor, 'audit.export');
  const search = parseSearch(input.q);
  if (search.problems.length > 0) {
    throw new AppError('invalid', search.problems.join('; '), { fields: { q: search.problems.join('; ') } });
  }
  const asked = searchConditions(search);
  const snapshot = await openSnapshot();
  try {
    const told = await logDownload(snapshot.tx, actor, input, asked);
    return { ...told, lines: closing(told.lines, snapshot) };
  } catch (error) {
    await snapshot.close();
    throw error;
  }
}

async function logDownload(tx: Tx, actor: Actor, input: ExportEvents, asked: Prisma.Sql[]): Promise<Export> {
  const blind = blindEvents(actor);
  const exportedAt = new Date();
  const cut = await cutLog(tx, [...asked, ...blind]);
  const ordered = await countOrdered(cut, cut.conditions);
  const counts = { events: ordered + cut.unordered.length, unordered: cut.unordered.length, withheld: 0 };
  if (blind.length > 0) {
    const whole = await cutLog(tx, asked);
    counts.withheld =
      (await countOrdered(cut, asked)) - ordered + whole.unordered.length - cut.unordered.length;
  }
  await db.$transaction((recording) =>
    recordEvent(recording, actor, {
      action: 'audit.export',
      subject: { type: 'log', id: 'events' },
      data: { format: input.format, query: input.q, ...counts },
    }),
  );
  const opening = [
    {
      type: 'manifest',
      query: input.q,
      ...manifest(actor, exportedAt),
      counts,
      ...(counts.unordered > 0 && { unordered: UNORDERED }),
      ...(counts.withheld > 0 && { withheld: WITHHELD }),
    },
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

async function namesOf(tx: Tx, row: { commanderId: string | null; mergedIntoId: string | null }) {
  const [commander, into] = await Promise.all([
    row.commanderId
      ? tx.user.findUnique({ where: { id: row.commanderId }, select: { id: true, name: true } })
      : null,
    row.mergedIntoId
      ? tx.incident.findUnique({ where: { id: row.mergedIntoId }, select: { number: true } })
      : null,
  ]);
  return { commander, mergedInto: into ? incidentRef(into.number) : null };
}

/** Fixes what the export covers while the incident's row is locked; its own event comes next in the sequence. */
async function cutIncident(tx: Tx, actor: Actor, incidentId: string): Promise<Cut> {
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
    tx,
    actor,
    incidentId,
    merged: await mergedIn(tx, incidentId),
    interactionIds: links.map((link) => link.interactionId),
    lastMitigation: last?.mitigation ?? 0,
    lastSeq: last?.seq ?? 0,
    lastIncidentSeq: (last?.incidentSeq ?? 0) + 1,
  };
}

async function countIncident(cut: Cut) {
  const { tx } = cut;
  const ids = cut.interactionIds;
  const [row] = await tx.$queryRaw<Record<'findings' | 'mitigations' | 'rulesets', number>[]>`
    SELECT (SELECT count(*)::int FROM finding WHERE interaction_id = ANY(${ids}::uuid[])) AS findings,
      (SELECT count(*)::int FROM mitigation WHERE incident_id = ${cut.incidentId}::uuid) AS mitigations,
      (SELECT count(*)::int FROM ruleset r WHERE ${carriedBy(cut)}) AS rulesets`;
  const reviewed = await tx.interaction.findMany({
    where: { id: { in: ids }, reviews: { some: {} } },
    select: {
      queueItem: { select: { state: true, stage: true } },
      reviews: { select: { reviewer: { select: { id: true } } } },
    },
  });
  const sum = (numbers: number[]) => numbers.reduce((total, each) => total + each, 0);
  const reviews = sum(
    reviewed.map((each) => readableReviews(cut.actor, each.queueItem, each.reviews).length),
  );
  return {
    interactions: ids.length,
    ...row,
    reviews,
    withheldReviews: sum(reviewed.map((each) => each.reviews.length)) - reviews,
    events: cut.lastIncidentSeq + sum(cut.merged.map(({ events }) => events)),
  };
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

async function* incidentCsv(cut: Cut, ref: string): AsyncGenerator<string> {
  yield CSV_BOM + csvHeader(EVENT_COLUMNS);
  const refs = new Map([[cut.incidentId, ref], ...cut.merged.map((each) => [each.id, each.ref] as const)]);
  const names = await peopleCited(cut.tx, [...refs.keys()]);
  for await (const event of incidentEvents(cut))
    yield eventRecord(event, event.incidentSeq, refs.get(event.incidentId ?? '') ?? null, names);
}

async function* logCsv(cut: LogCut): AsyncGenerator<string> {
  yield CSV_BOM + csvHeader(EVENT_COLUMNS);
  const names = await peopleCited(cut.tx, null);
  const refs = new Map<string, string>();
  for await (const { leafIndex, ...event } of logEvents(cut)) {
    const id = event.incidentId;
    if (id !== null && !refs.has(id)) {
      const row = await cut.tx.incident.findUnique({ where: { id }, select: { number: true } });
      if (row) refs.set(id, incidentRef(row.number));
    }
    yield eventRecord(event, leafIndex, (id && refs.get(id)) ?? null, names);
  }
}

async function* logLines(cut: LogCut): AsyncGenerator<[string, string]> {
  for await (const { leafIndex, body } of logEvents(cut))
    yield ['event', ndjsonLine({ type: 'event', leafIndex, body })];
}
