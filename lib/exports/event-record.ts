import { createHash } from 'node:crypto';
import { dataOf } from '#lib/audit/queries';
import { type Names, sentence } from '#lib/audit/sentence';
import { csvRecord } from './csv.ts';
import type { ExportedEvent } from './incident-lines.ts';

/** Columns of the CSV; `body_sha256` leads back to the exact event in the NDJSON. */
export const EVENT_COLUMNS = [
  'seq',
  'occurred_at',
  'action',
  'actor_kind',
  'actor_name',
  'actor_id',
  'subject_type',
  'subject_id',
  'sentence',
  'text',
  'data',
  'body_sha256',
  'incident',
] as const;

/** One event as a CSV record. `seq` is its place in its incident, or in the whole log; null while it has none there. */
export function eventRecord(
  event: ExportedEvent,
  seq: number | null,
  incident: string | null,
  names: Names,
): string {
  const data = dataOf(event.body);
  const subject = { type: event.subjectType, id: event.subjectId };
  return csvRecord(EVENT_COLUMNS, {
    seq,
    occurred_at: event.occurredAt,
    action: event.action,
    actor_kind: event.actorKind,
    actor_name: event.actorName,
    actor_id: event.actorId,
    subject_type: event.subjectType,
    subject_id: event.subjectId,
    sentence: sentence({ action: event.action, actorName: event.actorName, subject, data }, names),
    text: data.text ?? data.reason ?? '',
    data,
    body_sha256: createHash('sha256').update(event.body).digest('hex'),
    incident,
  });
}
