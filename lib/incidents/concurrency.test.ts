import { beforeAll, expect, it } from 'vitest';
import type { UserActor } from '#lib/actor';
import { db } from '#lib/db';
import { person } from '../../tests/fixtures.ts';
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
