import { expect, it } from 'vitest';
import { systemActor } from '#lib/actor';
import { db } from '#lib/db';
import { newId } from '#lib/ids';
import { effectiveOutcome } from '#lib/outcomes/effective';
import { dropOldTexts } from '#lib/retention/mutations';
import { flagged, machine, person } from '../../tests/fixtures.ts';
import { readBatch } from './batch.ts';
import { ingestInteractions } from './mutations.ts';
import { getInteraction, listInteractions } from './queries.ts';
import { listInteractionsSchema, OUTCOMES } from './schema.ts';

const DAY = 86_400_000;

it('is blind while an item is pending: only its author, and who never reviews, sees a word', async () => {
  const id = await flagged();
  const [ana, ben] = [await person('reviewer'), await person('reviewer')];
  await db.review.create({
    data: { id: newId(), interactionId: id, reviewerId: ana.id, verdict: 'benign', timeSpentMs: 1 },
  });
  const seen = async () => {
    const readers = [ana, ben, await person('commander'), await machine(['export'])];
    const watchers = [await person('auditor'), await person('admin')];
    const count = async (actor: (typeof readers)[number]) => (await getInteraction(actor, id)).reviews.length;
    return {
      readers: await Promise.all(readers.map(count)),
      watchers: await Promise.all(watchers.map(count)),
    };
  };
  expect(await seen()).toEqual({ readers: [1, 0, 0, 0], watchers: [1, 1] });
  await db.queueItem.update({ where: { interactionId: id }, data: { state: 'decided', verdict: 'benign' } });
  expect(await seen()).toEqual({ readers: [1, 1, 1, 1], watchers: [1, 1] });
});

it('tells of every pair of outcomes the one that holds, and finds by it', async () => {
  const auditor = await person('auditor');
  const at = (minutes: number) => new Date(Date.UTC(2026, 10, 1, 12, minutes));
  for (const first of OUTCOMES) {
    for (const second of OUTCOMES) {
      if (first === second) continue;
      for (const [one, two] of [
        [0, 1],
        [1, 0],
        [0, 0],
      ] as const) {
        const id = await flagged();
        const told = [
          { outcome: first, occurredAt: at(one) },
          { outcome: second, occurredAt: at(two) },
        ];
        await db.outcome.createMany({ data: told.map((row) => ({ interactionId: id, ...row })) });
        const holds = effectiveOutcome(null, told);
        expect((await getInteraction(auditor, id)).outcome).toBe(holds);
        for (const outcome of [first, second]) {
          const filters = listInteractionsSchema.parse({ outcome, limit: 200 });
          const found = (await listInteractions(auditor, filters)).items.find((row) => row.id === id);
          expect(found?.outcome ?? null).toBe(outcome === holds ? holds : null);
        }
      }
    }
  }
});

it('finds by when the final decision was made, whenever it arrived', async () => {
  const auditor = await person('auditor');
  const [early, late, pending] = [await flagged(), await flagged(), await flagged()];
  const hour = (at: number) => new Date(Date.UTC(2026, 9, 1, at));
  for (const [id, at] of [
    [early, 1],
    [late, 2],
  ] as const)
    await db.queueItem.update({
      where: { interactionId: id },
      data: { state: 'decided', verdict: 'benign', decidedAt: hour(at) },
    });
  const found = async (given: object) => {
    const { items } = await listInteractions(auditor, listInteractionsSchema.parse({ ...given, limit: 200 }));
    return [early, late, pending].filter((id) => items.some((row) => row.id === id));
  };
  const between = (from: number, to: number) =>
    found({ decidedSince: hour(from).toISOString(), decidedUntil: hour(to).toISOString() });
  expect(await between(1, 2)).toEqual([early]);
  expect(await between(2, 3)).toEqual([late]);
  expect(await between(3, 4)).toEqual([]);
  expect(await found({ decidedUntil: hour(3).toISOString() })).toEqual([early, late]);
});

it('an erased row sent in again is a duplicate, another body a conflict, and its text does not come back', async () => {
  const key = await machine(['ingest']);
  const row = {
    id: 'old-1',
    occurredAt: '2026-06-01T12:00:00Z',
    model: { name: 'm', version: '1' },
    surface: 'inline',
    language: 'python',
    actor: { id: 'u' },
    prompt: 'p',
    completion: 'c',
    control: true,
    findings: [],
  };
  const status = async (given: object) => {
    const rows = readBatch(new TextEncoder().encode(JSON.stringify([given])), false);
    return (await ingestInteractions(key, rows)).results[0]?.status;
  };
  expect(await status(row)).toBe('created');
  const { id, digest } = await db.interaction.findFirstOrThrow({ where: { externalId: 'old-1' } });
  // As if it had come long ago: the table refuses a change, so it is written anew.
  const {
    meta: _,
    sampling: __,
    notShown: ___,
    ...whole
  } = await db.interaction.findUniqueOrThrow({ where: { id } });
  await db.interaction.delete({ where: { id } });
  await db.interaction.create({ data: { ...whole, receivedAt: new Date(Date.now() - 20 * DAY) } });
  expect((await dropOldTexts(systemActor('retention'))).erased).toBe(1);
  expect(await status(row)).toBe('duplicate');
  expect(await status({ ...row, completion: 'other' })).toBe('conflict');
  expect(await db.interaction.findUnique({ where: { id } })).toMatchObject({
    prompt: '',
    completion: '',
    digest,
  });
});
