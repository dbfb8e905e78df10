import { expect, test } from 'vitest';
import { db } from '#lib/db';
import { newId } from '#lib/ids';
import { approveMitigation, publishMitigation, withdrawMitigation } from '#lib/mitigations/mutations';
import { planSchema } from '#lib/mitigations/plan';
import { SCOPES } from '#lib/permissions';
import { advanceMitigation, resumeMitigation } from '#lib/rollouts/mutations';
import { rollBackRuleset } from '#lib/rulesets/mutations';
import { changeRole, createUser, setUserDisabled } from '#lib/users/mutations';
import { person } from '../../tests/fixtures.ts';
import { backtested, ruleDesk } from '../../tests/rules.ts';
import { createKey } from './mutations.ts';
import { verifyKey } from './verify.ts';

// Whatever reaches every instance, or gives somebody the power to, asks a person with an old session who is there.

const { ana, bo, draft, approved, live } = await ruleDesk();
const admin = await person('admin', 'Ada');
const stale = <T extends { session?: string | undefined }>(actor: T): T => ({ ...actor, session: undefined });
const asked = { code: 'forbidden', fields: { password: expect.any(String) } };
const newcomer = () => ({ email: `${newId()}@example.test`, name: 'New', role: 'commander' as const });

const ACTS: [string, () => Promise<(fresh: boolean) => Promise<unknown>>][] = [
  ...SCOPES.filter((scope) => scope === 'respond' || scope === 'feed').map((scope): (typeof ACTS)[number] => [
    `a key with the scope ${scope}`,
    async () => (fresh) =>
      createKey(fresh ? admin : stale(admin), { name: 'k', source: 'k', scopes: ['ingest', scope] }),
  ]),
  ['a new person', async () => (fresh) => createUser(fresh ? admin : stale(admin), newcomer())],
  [
    'another role',
    async () => {
      const { id } = await person('reviewer');
      return (fresh) => changeRole(fresh ? admin : stale(admin), { id, role: 'commander' });
    },
  ],
  [
    'letting somebody in again',
    async () => {
      const { id } = await person('commander');
      await setUserDisabled(stale(admin), { id, disabled: true });
      return (fresh) => setUserDisabled(fresh ? admin : stale(admin), { id, disabled: false });
    },
  ],
  [
    'an approval',
    async () => {
      const { ref } = await draft();
      return (fresh) => approveMitigation(fresh ? bo : stale(bo), { mitigation: ref });
    },
  ],
  [
    'a publish',
    async () => {
      const { ref } = await approved();
      return (fresh) => publishMitigation(fresh ? bo : stale(bo), { mitigation: ref });
    },
  ],
  [
    'an approval after broken glass',
    async () => {
      const { id, ref } = await draft();
      await backtested(id);
      await publishMitigation(ana, { mitigation: ref, breakGlassReason: 'nobody else is awake' });
      return (fresh) => approveMitigation(fresh ? bo : stale(bo), { mitigation: ref });
    },
  ],
  [
    'a withdrawal of what is live',
    async () => {
      const { ref } = await live();
      return (fresh) => withdrawMitigation(fresh ? bo : stale(bo), { mitigation: ref, reason: 'fixed' });
    },
  ],
  [
    'the next stage',
    async () => {
      const { ref } = await approved({ plan: planSchema.parse({ canarySeconds: 60 }) });
      await publishMitigation(ana, { mitigation: ref });
      return (fresh) => advanceMitigation(fresh ? bo : stale(bo), { mitigation: ref });
    },
  ],
  [
    'letting a held rule go on',
    async () => {
      const { id, ref } = await approved({ plan: planSchema.parse({ canarySeconds: 60 }) });
      await publishMitigation(ana, { mitigation: ref });
      await db.mitigation.update({ where: { id }, data: { heldReason: 'odd' } });
      return (fresh) => resumeMitigation(fresh ? bo : stale(bo), { mitigation: ref });
    },
  ],
  [
    'going back',
    async () => {
      const { seq } = await live();
      await live();
      return (fresh) => rollBackRuleset(fresh ? bo : stale(bo), { seq, reason: 'odd' });
    },
  ],
];

test.each(ACTS)('%s', async (_, prepare) => {
  const act = await prepare();
  await expect(act(false)).rejects.toMatchObject(asked);
  await act(true);
});

test('what gives nobody power is not asked for: other scopes, shutting somebody out, dropping a draft', async () => {
  await createKey(stale(admin), { name: 'k', source: 'k', scopes: ['ingest', 'export'] });
  const { id } = await person('commander');
  await setUserDisabled(stale(admin), { id, disabled: true });
  const { ref } = await draft();
  await withdrawMitigation(stale(ana), { mitigation: ref, reason: 'wrong idea' });
});

test('a key is held by whoever is named, else by its maker, and only by somebody with access', async () => {
  const input = { name: 'k', source: 'k', scopes: ['respond' as const] };
  const holder = async (key: string) => (await verifyKey(key))?.heldById;
  expect(await holder((await createKey(admin, input)).key)).toBe(admin.id);
  const his = await createKey(admin, { ...input, heldById: bo.id });
  expect(await verifyKey(his.key)).toMatchObject({ heldById: bo.id, createdById: admin.id });
  const command = { kind: 'system', name: 'command line' } as const;
  expect(await holder((await createKey(command, input)).key)).toBeNull();
  expect(await holder((await createKey(command, { ...input, heldById: bo.id })).key)).toBe(bo.id);
  const gone = await person('commander');
  const theirs = await createKey(admin, { ...input, heldById: gone.id });
  await setUserDisabled(admin, { id: gone.id, disabled: true });
  expect(await verifyKey(theirs.key)).toBeNull();
  for (const heldById of [gone.id, newId()]) {
    await expect(createKey(admin, { ...input, heldById })).rejects.toMatchObject({
      code: 'invalid',
      fields: { heldById: expect.any(String) },
    });
  }
  const event = await db.event.findFirstOrThrow({ where: { subjectId: his.id } });
  expect(JSON.parse(event.body).data.holder).toEqual({ id: bo.id, name: 'Bo' });
});
