import { expect, test } from 'vitest';
import { systemActor } from '#lib/actor';
import { db } from '#lib/db';
import { enforcementOf } from '#lib/fleet/enforcement';
import { getInstance } from '#lib/fleet/queries';
import { publishMitigation } from '#lib/mitigations/mutations';
import { planSchema } from '#lib/mitigations/plan';
import { ruleDesk } from '../../tests/rules.ts';
import { advanceDue } from './mutations.ts';
import { canaryInstances } from './signals.ts';

// An instance that starts and takes no ruleset, because none is known to be the newest, says nothing of any rule.

const { ana, approved } = await ruleDesk();
const stageSince = new Date(Date.now() - 3_600_000);
const after = (ms: number) => new Date(stageSince.getTime() + ms);

/** In shadow for an hour, on one instance that has it; then another one starts and has none. */
async function stagedWith(failure: string | null) {
  await db.mitigation.updateMany({ where: { state: 'live' }, data: { state: 'withdrawn' } });
  await db.instance.deleteMany();
  const rule = await approved({ plan: planSchema.parse({ shadowSeconds: 60, canarySeconds: 60 }) });
  const { seq } = await publishMitigation(ana, { mitigation: rule.ref });
  await db.mitigation.update({ where: { id: rule.id }, data: { stageSince } });
  const word = { labels: {}, sdkVersion: '9.0.0', firstSeenAt: after(-60_000), lastSeenAt: new Date() };
  const reason = failure && 'Ruleset 1 may be an old one and was not taken.';
  await db.instance.create({ data: { id: 'has-it', state: 'active', activeSeq: seq, ...word } });
  await db.instance.create({
    data: { id: 'newcomer', state: 'failed', activeSeq: 0, failure, reason, ...word },
  });
  return rule;
}

test.each([
  ['freshness', 'advanced'],
  ['vectors', 'held'],
  [null, 'held'],
] as const)(
  'for %s: the rule is %s, and the newcomer shown and counted as not enforcing',
  async (failure, done) => {
    const rule = await stagedWith(failure);
    expect((await advanceDue(systemActor('rollout')))[done]).toEqual([rule.ref]);
    const enforcement = (await enforcementOf(ana, [rule.id]))[rule.id];
    expect(enforcement).toMatchObject({ meant: 2, isComplete: false });
    expect(enforcement?.standings.missing).toBeGreaterThanOrEqual(1);
    const reason = failure && expect.stringContaining('may be an old one');
    expect(await getInstance(ana, 'newcomer')).toMatchObject({ state: 'failed', reason });
  },
);

test.each([
  ['freshness', []],
  ['vectors', ['newcomer']],
])('for %s, and gone again: whom the canary misses', async (failure, missed) => {
  const { id } = await stagedWith(failure);
  await db.instance.update({ where: { id: 'newcomer' }, data: { lastSeenAt: after(-1_000) } });
  const plan = { canaryInstances: 100, canaryRequests: 100 };
  const rule = { id, stage: 'canary', stageSince, plan } as const;
  expect((await db.$transaction((tx) => canaryInstances(tx, rule))).silent).toEqual(missed);
});
