import type { Actor } from '#lib/actor';
import { recordEvents } from '#lib/audit/record';
import { db, type Tx } from '#lib/db';
import { authorize } from '#lib/permissions';
import { scanSecrets } from '#lib/secrets/scan';
import { placeInQueue } from './place.ts';
import { type AddedFinding, type AddFindings, type Finding, MAX_FINDINGS } from './schema.ts';
import { readSpans } from './spans.ts';
import { findTargets } from './targets.ts';

/**
 * Adds what detectors say later to interactions that are here already, and answers for every finding in the order
 * given. The same detector, rule, place and message is a duplicate and changes nothing, so a report may be sent again.
 * A first finding puts the interaction into the queue, a more severe one moves it forward. A decided item stays
 * decided, since a scanner must not undo what a person answered for; the event says that it came afterwards.
 * Throws `forbidden`.
 */
export async function addFindings(actor: Actor, input: AddFindings): Promise<AddedFinding[]> {
  authorize(actor, 'finding.report');
  const source = input.source ?? (actor.kind === 'key' ? actor.source : actor.name);
  if (input.findings.length === 0) return [];
  return db.$transaction(
    async (tx) => {
      const places = await findTargets(tx, source, input.findings);
      const ids = [...new Set(places.flatMap((place) => ('key' in place ? [place.key] : [])))].sort();
      const stored = await lockFindings(tx, ids);
      const spans = await readSpans(tx, places, input.findings);

      const added: NewFinding[] = [];
      const answers = input.findings.map((reported, index): AddedFinding => {
        const place = places[index];
        if (!place || 'why' in place) {
          const status = place?.ambiguous ? 'refused' : 'unknown';
          return { status, id: null, interactionId: null, ...(place && { why: place.why }) };
        }
        const known = stored.get(place.key);
        const finding = { ...reported.finding, ...spans[index] };
        const about = { id: place.id, interactionId: place.key };
        if (!known) return { status: 'unknown', ...about, why: 'The interaction is gone.' };
        const mark = markOf(finding);
        // A text that was erased has no places any more, so what is said of it is compared without one.
        const lost =
          reported.region !== undefined && spans[index] === undefined && known.said.has(sayingOf(finding));
        if (lost || known.marks.has(mark)) return { status: 'duplicate', ...about };
        if (known.marks.size >= MAX_FINDINGS) {
          return {
            status: 'refused',
            ...about,
            why: `The interaction has ${MAX_FINDINGS} findings already.`,
          };
        }
        known.marks.add(mark);
        known.said.add(sayingOf(finding));
        added.push({ key: place.key, position: known.next, finding });
        known.next += 1;
        return { status: 'added', ...about };
      });
      if (added.length === 0) return answers;

      await insertAdded(tx, added);
      const touched = [...new Set(added.map(({ key }) => key))];
      // What is called a secret now is covered from now on, whenever the texts were scanned.
      await scanSecrets(tx, [
        ...new Set(added.filter(({ finding }) => finding.category === 'secret').map(({ key }) => key)),
      ]);
      const placed = await placeInQueue(tx, touched);
      await recordEvents(
        tx,
        actor,
        touched.map((key) => {
          const mine = added.filter((each) => each.key === key).map(({ finding }) => finding);
          return {
            action: 'finding.add',
            subject: { type: 'interaction', id: key },
            data: {
              added: mine.length,
              detectors: [...new Set(mine.map(({ detector }) => detector))].sort(),
              mapping: input.mapping,
              queue: placed.get(key) ?? 'none',
            },
          };
        }),
      );
      return answers;
    },
    { timeout: 30_000 },
  );
}

type NewFinding = { key: string; position: number; finding: Finding };
type Stored = { next: number; marks: Set<string>; said: Set<string> };

/** What makes two findings the same one. */
function markOf(finding: Pick<Finding, 'detector' | 'rule' | 'message' | 'start' | 'end'>): string {
  return JSON.stringify([sayingOf(finding), finding.start ?? null, finding.end ?? null]);
}

function sayingOf({ detector, rule, message }: Pick<Finding, 'detector' | 'rule' | 'message'>): string {
  return JSON.stringify([detector, rule ?? null, message ?? null]);
}

/**
 * The findings of each interaction. The lock makes two reports about one interaction take turns, so that neither
 * counts from the other's position; it is taken in the order of ids and leaves reviews and readers alone.
 */
async function lockFindings(tx: Tx, ids: string[]): Promise<Map<string, Stored>> {
  const stored = new Map<string, Stored>();
  if (ids.length === 0) return stored;
  const locked = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM interaction WHERE id = ANY(${ids}::uuid[]) ORDER BY id FOR NO KEY UPDATE`;
  for (const { id } of locked) stored.set(id, { next: 0, marks: new Set(), said: new Set() });
  const rows = await tx.finding.findMany({
    where: { interactionId: { in: ids } },
    select: {
      interactionId: true,
      position: true,
      detector: true,
      rule: true,
      message: true,
      start: true,
      end: true,
    },
  });
  for (const row of rows) {
    const known = stored.get(row.interactionId);
    if (!known) continue;
    known.marks.add(markOf(row));
    known.said.add(sayingOf(row));
    known.next = Math.max(known.next, row.position + 1);
  }
  return stored;
}

async function insertAdded(tx: Tx, added: NewFinding[]): Promise<void> {
  const column = <T>(pick: (finding: Finding) => T) => added.map(({ finding }) => pick(finding));
  await tx.$executeRaw`
    INSERT INTO finding (interaction_id, position, detector, rule, category, severity, cwe, message, start, "end")
    SELECT row.interaction_id::uuid, row.position::smallint, row.detector, row.rule, row.category, row.severity,
      row.cwe, row.message, row.start, row."end"
    FROM unnest(
      ${added.map(({ key }) => key)}::text[], ${added.map(({ position }) => position)}::int[],
      ${column((finding) => finding.detector)}::text[], ${column((finding) => finding.rule ?? null)}::text[],
      ${column((finding) => finding.category)}::text[], ${column((finding) => finding.severity)}::text[],
      ${column((finding) => finding.cwe ?? null)}::text[], ${column((finding) => finding.message ?? null)}::text[],
      ${column((finding) => finding.start ?? null)}::int[], ${column((finding) => finding.end ?? null)}::int[]
    ) AS row (interaction_id, position, detector, rule, category, severity, cwe, message, start, "end")`;
}
