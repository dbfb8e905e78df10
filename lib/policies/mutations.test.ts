import { describe, expect, it } from 'vitest';
import { db } from '#lib/db';
import { person } from '../../tests/fixtures.ts';
import { seedPolicies } from './mutations.ts';
import { listPolicies } from './queries.ts';

describe('seedPolicies', () => {
  it('adds six policies once, with one event, and leaves a newer version alone', async () => {
    const lead = await person('lead');
    const runs = await Promise.all([seedPolicies(), seedPolicies(), seedPolicies(lead)]);
    expect(runs.reduce((sum, run) => sum + run.created, 0)).toBe(6);
    const listed = await listPolicies(await person('auditor'));
    expect(listed.map(({ position }) => position)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await db.event.count({ where: { action: 'policy.seed' } })).toBe(1);

    await db.policy.updateMany({ where: { key: 'other' }, data: { current: false } });
    expect(await seedPolicies()).toEqual({ created: 0 });
    expect((await listPolicies(lead)).map(({ key }) => key)).not.toContain('other');
  });

  it('is for leads only', async () => {
    await expect(seedPolicies(await person('reviewer'))).rejects.toMatchObject({ code: 'forbidden' });
  });
});
