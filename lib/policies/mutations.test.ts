import { beforeAll, describe, expect, it } from 'vitest';
import { db } from '#lib/db';
import { machine, person } from '../../tests/fixtures.ts';
import { DEFAULT_POLICIES } from './defaults.ts';
import { createPolicy, orderPolicies, retirePolicy, revisePolicy, seedPolicies } from './mutations.ts';
import { listPolicies, listRetiredPolicies, policyHistory } from './queries.ts';
import { createPolicySchema } from './schema.ts';

const data = async (action: string) =>
  (await db.event.findMany({ where: { action }, orderBy: { id: 'asc' } })).map(
    ({ body }) => JSON.parse(body).data,
  );

describe('seedPolicies', () => {
  it('adds six policies with examples once, with one event, and leaves a newer version alone', async () => {
    const lead = await person('lead');
    const runs = await Promise.all([seedPolicies(), seedPolicies(), seedPolicies(lead)]);
    expect(runs.reduce((sum, run) => sum + run.created, 0)).toBe(6);
    const listed = await listPolicies(await person('auditor'));
    expect(listed.map(({ position }) => position)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(listed.every(({ examples }) => examples.length > 0)).toBe(true);
    expect(await db.event.count({ where: { action: 'policy.seed' } })).toBe(1);
    for (const policy of DEFAULT_POLICIES) expect(createPolicySchema.safeParse(policy).error).toBeUndefined();

    await db.policy.updateMany({ where: { key: 'other' }, data: { current: false } });
    expect(await seedPolicies()).toEqual({ created: 0 });
    expect((await listPolicies(lead)).map(({ key }) => key)).not.toContain('other');
  });

  it('is for leads only', async () => {
    await expect(seedPolicies(await person('reviewer'))).rejects.toMatchObject({ code: 'forbidden' });
  });
});

const clause = { title: 'Licence', text: 'Copies licensed code.', examples: [], reasonRequired: false };
const example = { verdict: 'harmful' as const, code: 'x', why: 'It is a copy.' };

describe('createPolicy', () => {
  beforeAll(async () => {
    await seedPolicies();
  });

  it('adds a clause after the others and leaves its event', async () => {
    const lead = await person('lead');
    await createPolicy(lead, { key: 'licence', ...clause, examples: [example], reasonRequired: true });
    expect((await listPolicies(lead)).at(-1)).toMatchObject({
      key: 'licence',
      version: 1,
      examples: [example],
      reasonRequired: true,
    });
    expect(await data('policy.create')).toEqual([{ key: 'licence', version: 1, title: 'Licence' }]);
  });

  it('is for leads, and conflicts on a key that is or was in use', async () => {
    const lead = await person('lead');
    await expect(createPolicy(await person('reviewer'), { key: 'mine', ...clause })).rejects.toMatchObject({
      code: 'forbidden',
    });
    const answers = await Promise.allSettled(
      [1, 2, 3].map(() => createPolicy(lead, { key: 'twice', ...clause })),
    );
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await retirePolicy(lead, { key: 'twice', version: 1 });
    await expect(createPolicy(lead, { key: 'twice', ...clause })).rejects.toMatchObject({
      code: 'conflict',
      fields: { key: expect.stringContaining('retired') },
    });
  });
});

describe('revisePolicy', () => {
  it('makes the next version, keeps the old one for its decisions, and says what changed', async () => {
    const lead = await person('lead');
    const { id } = await createPolicy(lead, { key: 'revised', ...clause, examples: [example] });
    await db.policy.update({ where: { id }, data: { position: 4 } });
    const next = await revisePolicy(lead, { key: 'revised', version: 1, text: 'Copies code.' });
    expect(next).toMatchObject({ version: 2 });
    const history = await policyHistory(await person('auditor'), 'revised');
    expect(history).toMatchObject([
      { id: next.id, version: 2, current: true, text: 'Copies code.', examples: [example], position: 4 },
      { id, version: 1, current: false, text: clause.text, decisions: 0 },
    ]);
    expect((await data('policy.revise')).at(-1)).toEqual({
      key: 'revised',
      title: 'Licence',
      from: 1,
      version: 2,
      fields: ['text'],
    });
    await expect(
      revisePolicy(lead, { key: 'revised', version: 2, examples: [example] }),
    ).rejects.toMatchObject({ code: 'invalid' });
  });

  it('lets one of two who read the same version save', async () => {
    const lead = await person('lead');
    await createPolicy(lead, { key: 'raced', ...clause });
    const answers = await Promise.allSettled(
      ['one', 'two', 'three'].map((text) => revisePolicy(lead, { key: 'raced', version: 1, text })),
    );
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const answer of answers) {
      if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'conflict' });
    }
    expect(await db.policy.count({ where: { key: 'raced', current: true } })).toBe(1);
    expect(await policyHistory(lead, 'raced')).toHaveLength(2);
  });

  it('is for leads, and for policies that are there', async () => {
    const input = { key: 'nowhere', version: 1, text: 'x' };
    await expect(revisePolicy(await machine(['respond']), input)).rejects.toMatchObject({
      code: 'forbidden',
    });
    await expect(revisePolicy(await person('lead'), input)).rejects.toMatchObject({ code: 'not_found' });
    await expect(policyHistory(await person('lead'), 'nowhere')).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('retirePolicy', () => {
  it('takes it out of force, keeps it to be read, and conflicts the second time', async () => {
    const lead = await person('lead');
    await createPolicy(lead, { key: 'over', ...clause });
    const input = { key: 'over', version: 1 };
    await expect(retirePolicy(await person('commander'), input)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(retirePolicy(lead, { ...input, version: 2 })).rejects.toMatchObject({ code: 'conflict' });
    await retirePolicy(lead, input);
    expect((await listPolicies(lead)).map(({ key }) => key)).not.toContain('over');
    expect(await listRetiredPolicies(lead)).toContainEqual({ key: 'over', title: 'Licence', version: 1 });
    expect((await data('policy.retire')).at(-1)).toEqual({ key: 'over', version: 1, title: 'Licence' });
    await expect(retirePolicy(lead, input)).rejects.toMatchObject({ code: 'conflict' });
    await expect(revisePolicy(lead, { ...input, text: 'x' })).rejects.toMatchObject({ code: 'conflict' });
    await expect(retirePolicy(lead, { key: 'nowhere', version: 1 })).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});

describe('orderPolicies', () => {
  it('gives every policy in force its place, and conflicts when the list is not whole', async () => {
    const lead = await person('lead');
    const keys = (await listPolicies(lead)).map(({ key }) => key);
    const turned = keys.toReversed();
    await orderPolicies(lead, { keys: turned });
    expect((await listPolicies(lead)).map(({ key }) => key)).toEqual(turned);
    expect(await data('policy.order')).toEqual([{ before: keys, after: turned }]);
    await orderPolicies(lead, { keys: turned });
    expect(await data('policy.order')).toHaveLength(1);
    for (const some of [keys.slice(1), [...keys, 'nowhere'], [...keys.slice(1), keys[1] ?? '']]) {
      await expect(orderPolicies(lead, { keys: some })).rejects.toMatchObject({ code: 'conflict' });
    }
    await expect(orderPolicies(await person('admin'), { keys })).rejects.toMatchObject({ code: 'forbidden' });
  });
});
