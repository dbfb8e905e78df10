import { expect, it } from 'vitest';
import { claimInteraction, releaseClaim } from '#lib/claims/mutations';
import { db } from '#lib/db';
import { COUNTED } from '#lib/reviews/queries';
import { flagged, machine, person } from '../../tests/fixtures.ts';
import { getLive } from './queries.ts';

it('moves the stamp of the queue with every arrival, claim and release', async () => {
  const ana = await person('reviewer');
  const stamps = [(await getLive(ana)).stamps.queue];
  const interactionId = await flagged();
  stamps.push((await getLive(ana)).stamps.queue);
  const claim = await claimInteraction(ana, { interactionId });
  stamps.push((await getLive(ana)).stamps.queue);
  await releaseClaim(ana, claim);
  stamps.push((await getLive(ana)).stamps.queue);
  expect(new Set(stamps).size).toBe(4);
  expect((await getLive(ana)).stamps.queue).toBe(stamps[3]);
});

it('counts what is pending exactly up to the cap, and says when there is more', async () => {
  const ana = await person('reviewer');
  await db.queueItem.deleteMany();
  await flagged();
  expect(await getLive(ana)).toMatchObject({ pending: 1, pendingCapped: false });
  await db.$executeRaw`
    WITH made AS (
      INSERT INTO interaction (id, source, external_id, digest, occurred_at, model_name, model_version, surface,
        language, actor_id, prompt, completion)
      SELECT gen_random_uuid(), 'fixture', gen_random_uuid()::text, '', now(), 'codex-sim', '1', 'inline', 'python',
        'actor', '', '' FROM generate_series(1, ${COUNTED}::int) RETURNING id)
    INSERT INTO queue_item (interaction_id, severity, category, language, received_at, due_at)
    SELECT id, 'low', 'other', 'python', now(), now() FROM made`;
  expect(await getLive(ana)).toMatchObject({ pending: COUNTED, pendingCapped: true });
});

it('is for whoever may read incidents', async () => {
  await expect(getLive(await machine(['ingest']))).rejects.toMatchObject({ code: 'forbidden' });
});
