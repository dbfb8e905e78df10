import type { Actor } from '#lib/actor';
import { db } from '#lib/db';
import { findTargets } from '#lib/findings/targets';
import { type CheckedRow, checkRow } from '#lib/interactions/batch';
import { digestOf } from '#lib/interactions/digest';
import type { RowResult } from '#lib/interactions/mutations';
import { authorize } from '#lib/permissions';
import type { Adapted, AdaptedItem } from './adapted.ts';
import type { ItemResult } from './apply.ts';
import { faultOf } from './check.ts';
import { besides, judgedBefore } from './taken-ids.ts';

/** What ingest would answer to these rows now, changing nothing. */
export async function previewRows(actor: Actor, source: string, rows: CheckedRow[]): Promise<RowResult[]> {
  authorize(actor, 'interaction.ingest');
  const ids = rows.flatMap((checked) => ('row' in checked ? [checked.row.id] : []));
  const stored = await db.$queryRaw<{ id: string; digest: string }[]>`
    SELECT external_id AS id, encode(digest, 'hex') AS digest FROM interaction
    WHERE source = ${source} AND external_id = ANY(${ids})`;
  const digests = new Map(stored.map(({ id, digest }) => [id, digest]));
  return rows.map((checked, index): RowResult => {
    if ('error' in checked) return { index, id: checked.id, status: 'invalid', error: checked.error };
    const { id } = checked.row;
    const known = digests.get(id);
    const digest = digestOf(checked.row);
    // What comes first in the file counts, as it does at ingest.
    if (known === undefined) digests.set(id, digest);
    if (known === undefined || known === digest) {
      return { index, id, status: known === undefined ? 'created' : 'duplicate' };
    }
    const message = 'This id is stored already with other content; nothing would be changed.';
    return { index, id, status: 'conflict', error: { code: 'conflict', message } };
  });
}

/** The same for what an adapter has read; a finding that is here already still counts as one to add. */
export async function previewAdapted(actor: Actor, source: string, adapted: Adapted): Promise<ItemResult[]> {
  authorize(actor, 'finding.report');
  const rows = adapted.items.map((item) => (item.kind === 'row' ? checkRow({ value: item.row }) : null));
  const checked = await previewRows(
    actor,
    source,
    rows.filter((row) => row !== null),
  );
  const whole = adapted.items.filter((item) => item.kind === 'row');
  const checkedOf = new Map<AdaptedItem, RowResult & { cameAs?: string }>();
  whole.forEach((item, index) => {
    const result = checked[index];
    if (result) checkedOf.set(item, result);
  });
  const findings = adapted.items.flatMap((item) =>
    item.kind === 'finding' && !faultOf(item.reported) ? [item.reported] : [],
  );
  const places = await findTargets(db, source, findings);
  const placeOf = new Map(findings.map((finding, index) => [finding, places[index]]));
  const conflicts = adapted.items.flatMap((item, position) => {
    const row = rows[position];
    const { status } = checkedOf.get(item) ?? {};
    return row && 'row' in row && status === 'conflict' ? [{ item, cameAs: row.row.id, row }] : [];
  });
  const judged = await judgedBefore(
    source,
    conflicts.map(({ cameAs, row }) => ({ id: cameAs, row: row.row })),
  );
  const others = conflicts.filter(({ cameAs }) => !judged.has(cameAs));
  const again = await previewRows(
    actor,
    source,
    others.map(({ row }) => besides(row.row)),
  );
  others.forEach(({ item, cameAs }, index) => {
    const result = again[index];
    if (result) checkedOf.set(item, { ...result, cameAs });
  });
  return adapted.items.map((item): ItemResult => {
    const { index, id } = item;
    const refused = (message: string, code: 'invalid' | 'not_found' = 'invalid') =>
      ({ index, id, status: 'refused', error: { code, message } }) as const;
    if (item.kind === 'clean') return { index, id, status: 'clean', why: item.why };
    if (item.kind === 'refused') return refused(item.why);
    const beside = item.notShown ? { notShown: item.notShown } : {};
    if (item.kind === 'row') {
      const { id: kept, status, error, cameAs } = checkedOf.get(item) ?? { id, status: 'invalid' as const };
      const more = {
        ...beside,
        ...(item.unknown?.length && { unknown: item.unknown }),
        ...(cameAs && { cameAs }),
      };
      return {
        index,
        id: kept,
        status: status === 'invalid' ? 'refused' : status,
        ...more,
        ...(error && { error }),
      };
    }
    const fault = faultOf(item.reported);
    if (fault) return refused(fault);
    const place = placeOf.get(item.reported);
    if (place && 'key' in place) return { index, id: place.id, status: 'added', ...beside };
    if (place?.ambiguous) return refused(place.why);
    const made = item.orRow === undefined ? undefined : adapted.rows.get(item.orRow);
    if (!made) return refused(place?.why ?? 'No interaction was found.', 'not_found');
    const row = checkRow({ value: { ...made, findings: [] } });
    return 'error' in row ? refused(row.error.message) : { index, id: row.id, status: 'created', ...beside };
  });
}
