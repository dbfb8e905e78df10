import { expect, test } from 'vitest';
import { runFile } from '#bin/testing/run';
import { db } from '#lib/db';
import { seedPolicies } from '#lib/policies/mutations';

const seed = async () => {
  const run = runFile('demo/seed.ts', [], {});
  expect(await run.exit, run.output()).toEqual({ code: 0, signal: null });
};

const counts = () =>
  Promise.all([
    db.user.count({ where: { demo: true } }),
    db.apiKey.count(),
    db.interaction.count(),
    db.review.count(),
    db.incident.count(),
    db.mitigation.count(),
    db.event.count(),
  ]);

test('the demo gets people, keys and a past through the verbs, once', async () => {
  // As every start does, after the migrations.
  await seedPolicies();
  await seed();
  const first = await counts();
  const [people, keys, interactions, reviews, incidents, mitigations] = first;
  expect({ people, keys, incidents, mitigations }).toEqual({
    people: 7,
    keys: 2,
    incidents: 2,
    mitigations: 2,
  });
  expect(interactions).toBeGreaterThan(350);
  expect(reviews).toBeGreaterThan(250);
  expect(await db.queueItem.count({ where: { state: 'pending', stage: 'review' } })).toBe(60);
  expect(await db.queueItem.count({ where: { state: 'pending', stage: 'adjudication' } })).toBe(4);
  // Enough for agreement to be told, which is hidden below 30.
  expect(await db.queueItem.count({ where: { state: 'decided', reviewsDone: 2 } })).toBeGreaterThan(40);
  expect(await db.queue.count()).toBe(4);
  const states = await db.incident.findMany({ orderBy: { number: 'asc' }, select: { state: true } });
  expect(states.map(({ state }) => state)).toEqual(['closed', 'investigating']);
  await seed();
  expect(await counts()).toEqual(first);
});
