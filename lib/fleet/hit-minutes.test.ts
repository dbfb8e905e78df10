import { expect, it } from 'vitest';
import { db } from '#lib/db';
import { newId } from '#lib/ids';
import { machine, person } from '../../tests/fixtures.ts';
import { hitMinutes } from './hit-minutes.ts';

async function hits(mitigationId: string, minutesAgo: number, count: number): Promise<void> {
  await db.$executeRaw`
    INSERT INTO rule_hit_minute (mitigation_id, minute, hits, enforced)
    VALUES (${mitigationId}::uuid, date_trunc('minute', clock_timestamp()) - ${minutesAgo} * interval '1 minute',
      ${count}, 0)`;
}

it('gives every rule its own course, the running minute last, and nothing older', async () => {
  const ana = await person('auditor');
  const [busy, quiet] = [newId(), newId()];
  await hits(busy, 0, 7);
  await hits(busy, 2, 3);
  await hits(busy, 9, 100);
  // The minute may turn between writing and reading; then everything is one place further back.
  const course = (await hitMinutes(ana, [busy, quiet], 5))[busy] ?? [];
  const filled = course.flatMap((count, index) => (count > 0 ? [[index, count]] : []));
  const turn = course[4] === 7 ? 0 : 1;
  expect(filled).toEqual([
    [2 - turn, 3],
    [4 - turn, 7],
  ]);
  expect((await hitMinutes(ana, [busy, quiet], 5))[quiet]).toEqual([0, 0, 0, 0, 0]);
});

it('is for those who may see the fleet', async () => {
  await expect(hitMinutes(await machine(['ingest']), [])).rejects.toMatchObject({ code: 'forbidden' });
});
