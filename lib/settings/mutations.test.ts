import { expect, it } from 'vitest';
import { systemActor } from '#lib/actor';
import { db } from '#lib/db';
import { reroutePending } from '#lib/queues/mutations';
import { flagged, person } from '../../tests/fixtures.ts';
import { changeReviewSettings } from './mutations.ts';
import { reviewSettings } from './queries.ts';
import { changeReviewSettingsSchema, DEFAULT_REVIEW_SETTINGS } from './schema.ts';

it('starts with defaults, keeps what others changed at the same moment, and tells before and after', async () => {
  expect(await reviewSettings()).toEqual(DEFAULT_REVIEW_SETTINGS);
  const lead = await person('lead');
  await Promise.all([
    changeReviewSettings(lead, { leaseSeconds: 60 }),
    changeReviewSettings(lead, { skipsToLead: 3 }),
  ]);
  expect(await reviewSettings()).toEqual({ ...DEFAULT_REVIEW_SETTINGS, leaseSeconds: 60, skipsToLead: 3 });
  const events = await db.event.findMany({ where: { action: 'settings.change' } });
  expect(events.map(({ body }) => JSON.parse(body).data)).toContainEqual({
    leaseSeconds: { before: 300, after: 60 },
  });
  await changeReviewSettings(lead, { leaseSeconds: 60 });
  expect(await db.event.count({ where: { action: 'settings.change' } })).toBe(2);
});

it('is for leads and admins', async () => {
  await expect(changeReviewSettings(await person('reviewer'), { breakAfter: 9 })).rejects.toMatchObject({
    code: 'forbidden',
  });
  await expect(changeReviewSettings(await person('admin'), { breakAfter: 9 })).resolves.toMatchObject({
    breakAfter: 9,
  });
});

it('reads from a form only what it sends, so that nothing else goes back to its default', () => {
  expect(changeReviewSettingsSchema.parse({ leaseSeconds: 60 })).toEqual({ leaseSeconds: 60 });
  expect(changeReviewSettingsSchema.safeParse({ leaseSeconds: 1 }).success).toBe(false);
  expect(changeReviewSettingsSchema.safeParse({ unknown: 1 }).success).toBe(false);
});

it('asks for second readers of what waits already, too', async () => {
  const lead = await person('lead');
  const interactionId = await flagged();
  await changeReviewSettings(lead, { secondShare: 1 });
  await reroutePending(systemActor('reroute'));
  expect(await db.queueItem.findUnique({ where: { interactionId } })).toMatchObject({ reviewsNeeded: 2 });
});
