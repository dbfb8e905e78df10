import { beforeAll, expect, it } from 'vitest';
import { until } from '#bin/testing/run';
import type { UserActor } from '#lib/actor';
import { db } from '#lib/db';
import { draftMitigation, editMitigation } from '#lib/mitigations/mutations';
import type { DraftMitigation } from '#lib/mitigations/schema';
import { person, ruleRow } from '../../tests/fixtures.ts';
import { declareIncident, noteIncident, transitionIncident } from './mutations.ts';

let ana: UserActor;
let bo: UserActor;

beforeAll(async () => {
  ana = await person('commander', 'Ana');
  bo = await person('commander', 'Bo');
});

it('two people move the same version at once: exactly one wins, the other is told who', async () => {
  for (let round = 0; round < 10; round += 1) {
    const { ref } = await declareIncident(ana, { title: `race ${round}`, severity: 'sev3' });
    const results = await Promise.allSettled(
      [ana, bo].map((who) => transitionIncident(who, { incident: ref, to: 'triaging', version: 1 })),
    );
    const won = results.findIndex((result) => result.status === 'fulfilled');
    const lost = results.find((result) => result.status === 'rejected');
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    const winner = won === 0 ? 'Ana' : 'Bo';
    expect(lost?.reason).toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(
        new RegExp(`^${winner} changed ${ref} at [0-9:]+ UTC; it is triaging now`),
      ),
    });
  }
});

it('numbers 20 notes at once without a gap or a fork', async () => {
  const { id, ref } = await declareIncident(ana, { title: 'busy', severity: 'sev3' });
  await Promise.all(
    Array.from({ length: 20 }, (_, index) => noteIncident(ana, { incident: ref, text: `note ${index}` })),
  );
  const events = await db.event.findMany({ where: { incidentId: id }, orderBy: { incidentSeq: 'asc' } });
  expect(events.map((event) => event.incidentSeq)).toEqual(
    Array.from({ length: 21 }, (_, index) => index + 1),
  );
});

it('would not without the lock: max + 1 alone gives the same number twice', async () => {
  const { id } = await declareIncident(ana, { title: 'naive', severity: 'sev3' });
  // The same steps as recordEvent, only without the row lock; the unique index turns each fork into an error.
  const naiveNote = () =>
    db.$transaction(async (tx) => {
      const last = await tx.event.aggregate({ where: { incidentId: id }, _max: { incidentSeq: true } });
      await tx.event.create({
        data: {
          action: 'incident.note',
          actorKind: 'user',
          actorName: 'Ana',
          subjectType: 'incident',
          subjectId: id,
          incidentId: id,
          incidentSeq: (last._max.incidentSeq ?? 0) + 1,
          body: '{}',
          occurredAt: new Date(),
        },
      });
    });
  const results = await Promise.allSettled(Array.from({ length: 20 }, naiveNote));
  const lost = results.flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : []));
  expect(lost.length).toBeGreaterThan(0);
  for (const reason of lost) expect(reason).toContain('Unique constraint failed');
});

const rule = (incident: string): DraftMitigation => ({
  incident,
  title: 'T',
  scope: {},
  target: 'completion',
  action: 'block',
  mode: 'enforce',
  matcher: { kind: 'literal', text: 'evil(', ignoreCase: false },
  expiresInMinutes: 30,
  tests: { mustMatch: [{ text: 'evil(' }], mustNotMatch: [] },
});

async function waitingForLocks(): Promise<number> {
  const [row] = await db.$queryRaw<{ count: number }[]>`
    SELECT count(*)::int AS count FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  return row?.count ?? 0;
}

it('a rule that comes to an incident while it is merged is moved along, and whoever edits it does not wait for ever', async () => {
  for (let round = 0; round < 5; round += 1) {
    const [from, into] = [
      await declareIncident(ana, { title: 'from', severity: 'sev3' }),
      await declareIncident(ana, { title: 'into', severity: 'sev3' }),
    ];
    const { id, number } = await ruleRow();
    const [gate, holding] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    // As a draft does: holds the incident, and its rule is seen by nobody until it commits.
    const drafting = db.$transaction(async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM incident WHERE id = ${from.id}::uuid FOR UPDATE`;
      await tx.mitigation.update({ where: { id }, data: { incidentId: from.id } });
      holding.resolve();
      await gate.promise;
    });
    await holding.promise;
    const editing = editMitigation(bo, { mitigation: `R-${number}`, version: 1, action: 'redact' });
    await until(async () => (await waitingForLocks()) === 1, 'the edit waits for the rule');
    const merging = transitionIncident(ana, {
      ...{ incident: from.ref, to: 'merged', version: 1, mergeInto: into.ref },
    });
    await until(async () => (await waitingForLocks()) === 2, 'the merge waits for the incident');
    gate.resolve();
    const done = await Promise.allSettled([drafting, editing, merging]);
    expect(done.map(({ status, ...rest }) => ('reason' in rest ? String(rest.reason) : status))).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ]);
    const moved = await db.mitigation.findUniqueOrThrow({ where: { id } });
    expect(moved).toMatchObject({ incidentId: into.id, version: 2, action: 'redact' });
  }
});

it('drafts, edits and merges at once, many times: each is done or told why not, never a deadlock', async () => {
  for (let round = 0; round < 12; round += 1) {
    const [from, into] = [
      await declareIncident(ana, { title: 'from', severity: 'sev3' }),
      await declareIncident(ana, { title: 'into', severity: 'sev3' }),
    ];
    const first = await draftMitigation(bo, rule(from.ref));
    const write = async () => {
      const made = await draftMitigation(ana, rule(from.ref));
      return editMitigation(bo, { mitigation: made.ref, version: 1, action: 'redact' });
    };
    const done = await Promise.allSettled([
      write(),
      editMitigation(ana, { mitigation: first.ref, version: 1, action: 'redact' }),
      transitionIncident(ana, { incident: from.ref, to: 'merged', version: 1, mergeInto: into.ref }),
      write(),
    ]);
    for (const each of done) {
      if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'conflict' });
    }
    const left = await db.mitigation.findMany({ where: { incidentId: { in: [from.id, into.id] } } });
    const merged = done[2]?.status === 'fulfilled';
    for (const { incidentId } of left) expect(incidentId).toBe(merged ? into.id : from.id);
  }
});
