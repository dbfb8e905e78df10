import type { ClientBase } from 'pg';
import type { Actor } from '#lib/actor';
import { type EventInput, recordEvent, recordEventOn, recordEventsOn } from '#lib/audit/record';
import { db } from '#lib/db';
import { AppError } from '#lib/errors';
import { hotTransaction } from '#lib/hot-path';
import { authorize } from '#lib/permissions';
import { askedIn } from './asked.ts';
import { byProcess } from './boots.ts';
import { unsaidOfRulesets } from './confirm.ts';
import { labelsKey, labelWords } from './expectations.ts';
import { rulesetDigests } from './held-rules.ts';
import { IN_FLEET, IS_FRESH } from './members.ts';
import { claimNames, type RefusedName, recordRefusedNames } from './names.ts';
import type { ExpectInstances, RetireInstances } from './schema.ts';
import { type ReceivedReport, tally } from './tally.ts';
import { runNamed, writeAdoptions, writeFailed, writeHits, writeInstances } from './write.ts';
import { type BreakerChange, writeBreakers } from './write-breakers.ts';
import { writeCoverage, writeFirstHits, writeMinutes, writeStreams } from './write-counters.ts';

export type Offer = { instanceId: string; seq: number; at: Date };

/**
 * Takes a batch of reports and offers in one transaction. An event is kept for what changes the picture (an
 * instance seen for the first time, a ruleset one could not load, a rule one demoted by itself), not for heartbeats.
 * A report under a name that belongs to another key changes nothing; answers those names and why.
 * Counters are at-least-once: an instance whose answer got lost sends the same counts again.
 */
export async function recordReports(
  actor: Actor,
  reports: ReceivedReport[],
  offers: Offer[] = [],
): Promise<ReadonlyMap<string, RefusedName['why']>> {
  authorize(actor, 'fleet.report');
  const told = reports.flatMap(({ report }) => (report.activeSha256 === undefined ? [] : report.activeSeq));
  const digests = await rulesetDigests(told);
  return hotTransaction(async (client) => {
    const ids = reports.map(({ report }) => report.instanceId);
    const refused = actor.kind === 'key' ? await claimNames(client, actor.id, ids) : [];
    const refusedIds = new Map(refused.map(({ instanceId, why }) => [instanceId, why]));
    const mine = reports.filter(({ report }) => !refusedIds.has(report.instanceId));
    const taken = await byProcess(client, mine, async (names) => {
      const foreign = actor.kind === 'key' ? await claimNames(client, actor.id, names) : [];
      return new Set(foreign.map(({ instanceId }) => instanceId));
    });
    const found = tally(taken, await newestSeq(client, taken), digests);
    const written = await writeInstances(client, found.instances);
    const byId = new Map(found.instances.map((received) => [received.report.instanceId, received.report]));
    // A report older than the stored word says nothing of what is open now: its instance is not among the written.
    const breakers = await writeBreakers(client, written, found.instances, 'breakers');
    const alarms = await writeBreakers(client, written, found.instances, 'alarms');
    await writeAdoptions(client, offers, found.active);
    const failures = await writeFailed(client, found.failed);
    await writeHits(client, found.hits);
    await writeFirstHits(client, found.firstHits);
    await writeStreams(client, found.streams);
    await writeCoverage(client, found.coverage);
    const joins = written.flatMap(({ id, joined }): EventInput[] => {
      const { labels = {}, sdkVersion = '', activeSeq = 0 } = byId.get(id) ?? {};
      const data = { labels, sdkVersion, activeSeq };
      const subject = { type: 'instance', id };
      const events: EventInput[] = joined ? [{ action: 'fleet.join', subject, data }] : [];
      if (byId.get(id)?.goodbye) events.push({ action: 'fleet.leave', subject, data: { activeSeq } });
      return events;
    });
    await recordEventsOn(client, actor, joins);
    await recordRefusedNames(client, actor, refused);
    const events = failures.map(({ instanceId, seq, reason, incidentId }): EventInput => {
      const data = { seq, reason, activeSeq: byId.get(instanceId)?.activeSeq ?? 0 };
      return { action: 'fleet.fail', subject: { type: 'instance', id: instanceId }, incidentId, data };
    });
    const tell = (action: 'fleet.breaker' | 'fleet.alarm', changes: BreakerChange[]) => {
      for (const { instanceId, incidentId, ...data } of changes) {
        events.push({ action, subject: { type: 'instance', id: instanceId }, incidentId, data });
      }
    };
    tell('fleet.breaker', breakers);
    tell('fleet.alarm', alarms);
    // Writing into an incident's history locks it: two feeds must take the same incidents in the same order.
    events.sort((a, b) => compare(a.incidentId ?? '', b.incidentId ?? ''));
    for (const event of events) await recordEventOn(client, actor, event);
    await writeMinutes(client, found, await askedIn(client, taken, digests));
    return refusedIds;
  });
}

/** What a failure without a number is about; looked up only where there is one. */
async function newestSeq(client: ClientBase, reports: ReceivedReport[]): Promise<number> {
  if (!reports.some(({ report }) => report.state === 'failed')) return 0;
  const [newest] = await runNamed<{ seq: number | null }>(
    client,
    'newest',
    'SELECT max(seq) AS seq FROM ruleset',
    [],
  );
  return newest?.seq ?? 0;
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/**
 * Records, once per ruleset, how far exactly it came: `fleet.enforced` when every instance heard of lately has it,
 * `fleet.superseded` when another one followed before. Both carry what the receipts show, never more. Answers the
 * highest ruleset up to which everything is recorded, 0 when nobody is connected.
 */
export async function confirmEnforced(actor: Actor): Promise<number> {
  authorize(actor, 'fleet.report');
  return db.$transaction(async (tx) => {
    // Two feeds may see the last confirmation at once; only one of them may write the event.
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('fleet.enforced'))`;
    const { events, upTo } = await unsaidOfRulesets(tx);
    for (const event of events) await recordEvent(tx, actor, event);
    return upTo;
  });
}

/**
 * Takes silent instances out of the fleet, on a person's word that they no longer serve. One that speaks again is back.
 * Instances that are not silent stay. Throws `not_found` for a name that never reported, `conflict` where none was.
 */
export async function retireInstances(
  actor: Actor,
  { instances, reason }: RetireInstances,
): Promise<{ retired: string[] }> {
  authorize(actor, 'fleet.manage');
  return db.$transaction(async (tx) => {
    const rows = await tx.$queryRaw<
      { id: string; labels: unknown; activeSeq: number; lastSeenAt: Date; fresh: boolean; left: boolean }[]
    >`
      SELECT i.id, i.labels, i.active_seq AS "activeSeq", i.last_seen_at AS "lastSeenAt", ${IS_FRESH} AS fresh,
        NOT ${IN_FLEET} AS left
      FROM instance i WHERE i.id = ANY(${instances}::text[]) ORDER BY i.id FOR UPDATE`;
    const missing = instances.find((id) => !rows.some((row) => row.id === id));
    if (missing !== undefined) throw new AppError('not_found', `No instance ${missing} has ever reported.`);
    const silent = rows.filter(({ fresh, left }) => !fresh && !left);
    const [first] = rows;
    if (silent.length === 0 && first) {
      const why = first.left ? 'has left the fleet already' : 'reported a moment ago, so it still serves';
      throw new AppError('conflict', `${first.id} ${why}. Nothing was changed.`);
    }
    const retired = silent.map(({ id }) => id);
    await tx.$executeRaw`
      UPDATE instance SET retired_at = clock_timestamp() WHERE id = ANY(${retired}::text[])`;
    for (const { id, labels, activeSeq, lastSeenAt } of silent) {
      await recordEvent(tx, actor, {
        action: 'fleet.retire',
        subject: { type: 'instance', id },
        data: { labels, activeSeq, lastSeenAt: lastSeenAt.toISOString(), reason },
      });
    }
    return { retired };
  });
}

/** Says how many instances there should be with these labels, or that no number is expected any more. */
export async function expectInstances(
  actor: Actor,
  { labels, expected }: ExpectInstances,
): Promise<{ labels: Record<string, string>; expected: number | null }> {
  authorize(actor, 'fleet.manage');
  const key = labelsKey(labels);
  return db.$transaction(async (tx) => {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('fleet.expect'))`;
    const before = (await tx.fleetExpectation.findUnique({ where: { key } }))?.expected ?? null;
    if (before === expected) return { labels, expected };
    if (expected === null) await tx.fleetExpectation.delete({ where: { key } });
    else {
      await tx.fleetExpectation.upsert({
        where: { key },
        create: { key, labels, expected },
        update: { expected, updatedAt: new Date() },
      });
    }
    const data = { labels, words: labelWords(labels), before, expected };
    await recordEvent(tx, actor, { action: 'fleet.expect', subject: { type: 'fleet', id: 'fleet' }, data });
    return { labels, expected };
  });
}

/** Days after its end that an instance is kept: pods come with new names at every deploy. */
export const KEPT_DAYS = 30;

/**
 * Drops instances that said goodbye or were retired a month ago with their counters, and who took the renewals of a month ago, which
 * no incident is about. What proves that a rule was enforced stays: adoptions of publishes, hits, and every event.
 */
export async function forgetInstances(actor: Actor): Promise<{ instances: number; adoptions: number }> {
  authorize(actor, 'fleet.report');
  return db.$transaction(async (tx) => {
    const gone = await tx.$queryRaw<{ id: string }[]>`
      DELETE FROM instance WHERE greatest(closed_at, retired_at) < now() - ${KEPT_DAYS} * interval '1 day'
      RETURNING id`;
    const ids = gone.map(({ id }) => id);
    await tx.$executeRaw`DELETE FROM stream_tally WHERE instance_id = ANY(${ids}::text[])`;
    await tx.$executeRaw`DELETE FROM coverage WHERE instance_id = ANY(${ids}::text[])`;
    const adoptions = await tx.$executeRaw`
      DELETE FROM adoption a USING ruleset r
      WHERE r.seq = a.seq AND r.cause = 'renew' AND r.published_at < now() - ${KEPT_DAYS} * interval '1 day'`;
    if (ids.length + adoptions > 0) {
      await recordEvent(tx, actor, {
        action: 'fleet.forget',
        subject: { type: 'fleet', id: 'fleet' },
        data: { instances: ids.length, adoptions, leftDays: KEPT_DAYS },
      });
    }
    return { instances: ids.length, adoptions };
  });
}
