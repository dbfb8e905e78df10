import { expect, it } from 'vitest';
import type { UserActor } from '#lib/actor';
import { db } from '#lib/db';
import { newId } from '#lib/ids';
import type { Verdict } from '#lib/reviews/schema';
import { flagged, person } from '../../tests/fixtures.ts';
import { getOwnWork } from './own-work.ts';
import { getQuality, listClash } from './queries.ts';
import { qualityFiltersSchema } from './schema.ts';

const MONTH = qualityFiltersSchema.parse({});
const DAY_MS = 86_400_000;

type Said = {
  by: UserActor;
  verdict: Verdict;
  policyId?: string;
  kind?: string;
  batchId?: string;
  ms?: number;
};

/** An interaction with the given reviews, written as `decide` leaves them. */
async function reviewed(
  said: Said[],
  final: Verdict | null,
  { at = new Date(), category = 'insecure_code' } = {},
): Promise<string> {
  const interactionId = await flagged({ category });
  for (const [index, { by, verdict, policyId, kind, batchId, ms }] of said.entries()) {
    await db.review.create({
      data: {
        id: newId(),
        interactionId,
        reviewerId: by.id,
        verdict,
        policyId: policyId ?? null,
        kind: kind ?? 'review',
        batchId: batchId ?? null,
        timeSpentMs: ms ?? 1_000,
        createdAt: new Date(at.getTime() + index),
      },
    });
  }
  await db.queueItem.update({
    where: { interactionId },
    data: {
      reviewsDone: said.filter(({ kind }) => kind !== 'adjudication').length,
      ...(final ? { state: 'decided', verdict: final, decidedAt: at } : { stage: 'adjudication' }),
    },
  });
  return interactionId;
}

async function clause(key: string): Promise<string> {
  const id = newId();
  const text = `What ${key} is.`;
  await db.policy.create({ data: { id, key, version: 1, position: 90, title: `Clause ${key}`, text } });
  return id;
}

it('is for leads and auditors', async () => {
  await expect(getQuality(await person('reviewer'), MONTH)).rejects.toMatchObject({ code: 'forbidden' });
  await expect(getQuality(await person('commander'), MONTH)).rejects.toMatchObject({ code: 'forbidden' });
  await expect(
    listClash(await person('reviewer'), { ...MONTH, one: 'benign', other: 'harmful' }),
  ).rejects.toMatchObject({ code: 'forbidden' });
  await expect(getQuality(await person('auditor'), MONTH)).resolves.toMatchObject({ items: 0 });
});

it('has no figure, and no error, where nothing was reviewed twice', async () => {
  expect(await getQuality(await person('lead'), MONTH)).toMatchObject({
    items: 0,
    agreement: { n: 0, value: null, reason: 'too_few' },
    alpha: { n: 0, value: null, reason: 'too_few' },
    pairs: [],
    clashes: [],
    flags: [],
    waiting: 0,
    golden: null,
  });
});

it('counts what was counted by hand', async () => {
  const lead = await person('lead', 'Lea');
  const [ann, bob] = [await person('reviewer', 'Ann'), await person('reviewer', 'Bob')];
  const [theft, injection] = [await clause('theft'), await clause('injection-x')];
  const harmful = (by: UserActor, policyId = theft): Said => ({ by, verdict: 'harmful', policyId });
  const benign = (by: UserActor): Said => ({ by, verdict: 'benign' });
  const ruled = (verdict: Verdict): Said => ({ by: lead, verdict, kind: 'adjudication' });

  // 30 items: 16 both harmful, 10 both benign, 4 differ (2 settled as harmful, 1 as benign, 1 waiting).
  for (let index = 0; index < 16; index += 1) await reviewed([harmful(bob), harmful(ann)], 'harmful');
  for (let index = 0; index < 10; index += 1) await reviewed([benign(ann), benign(bob)], 'benign');
  await reviewed([harmful(ann), benign(bob), ruled('harmful')], 'harmful');
  await reviewed([benign(ann), harmful(bob), ruled('harmful')], 'harmful');
  await reviewed([harmful(ann), benign(bob), ruled('benign')], 'benign');
  const waiting = await reviewed([harmful(ann), benign(bob)], null);
  // None of these counts: reviewed once, by a batch, too long ago.
  await reviewed([harmful(ann)], 'harmful', { category: 'exploit' });
  const batchId = newId();
  await db.reviewBatch.create({ data: { id: batchId, kind: 'cluster', verdict: 'benign', count: 1 } });
  await reviewed([harmful(ann), { ...benign(bob), batchId }], null, { category: 'exploit' });
  const old = new Date(Date.now() - 40 * DAY_MS);
  await reviewed([harmful(ann), benign(bob), ruled('benign')], 'benign', { at: old });

  const found = await getQuality(lead, { ...MONTH, category: 'insecure_code' });
  expect(found).toMatchObject({ items: 30, ratings: 60, waiting: 1 });
  expect(found.agreement).toMatchObject({ n: 30, value: 26 / 30 });
  // By hand: 36 of 60 words are harmful, 24 benign; De = 1 − (36·35 + 24·23) / (60·59).
  expect(found.alpha.value).toBeCloseTo(1 - 4 / 30 / (1 - (36 * 35 + 24 * 23) / (60 * 59)), 10);
  // Ann said harmful of 19 items, Bob of 17; chance agreement = (19·17 + 11·13) / 900.
  const chance = (19 * 17 + 11 * 13) / 900;
  expect(found.pairs).toHaveLength(1);
  expect(found.pairs[0]?.raters).toEqual(['Ann', 'Bob']);
  expect(found.pairs[0]?.kappa.value).toBeCloseTo((26 / 30 - chance) / (1 - chance), 10);
  expect(found.clashes).toEqual([
    {
      one: 'benign',
      other: 'harmful.theft',
      words: [
        { verdict: 'benign', policyKey: null, policyTitle: null },
        { verdict: 'harmful', policyKey: 'theft', policyTitle: 'Clause theft' },
      ],
      items: 4,
      settled: { harmful: 2, benign: 1, unsure: 0 },
      waiting: 1,
    },
  ]);
  // Three settled items: each has one word for harmful and one for benign.
  expect(found.overrides).toEqual([
    { verdict: 'harmful', said: 3, overridden: 1 },
    { verdict: 'benign', said: 3, overridden: 2 },
    { verdict: 'unsure', said: 0, overridden: 0 },
  ]);
  expect(found.flags).toEqual([{ category: 'insecure_code', decided: 29, benign: 11 }]);

  const clash = await listClash(lead, { ...MONTH, one: 'harmful.theft', other: 'benign' });
  expect(clash.total).toBe(4);
  expect(clash.items.map(({ id }) => id)).toContain(waiting);
  expect(JSON.stringify(clash)).not.toMatch(/Ann|Bob|Lea/);

  // The same verdict under another clause is told too, and needs no lead.
  await reviewed([harmful(ann), harmful(bob, injection)], 'harmful', { category: 'malware' });
  const malware = await getQuality(lead, { ...MONTH, category: 'malware' });
  expect(malware.clashes).toMatchObject([
    { one: 'harmful.injection-x', other: 'harmful.theft', items: 1, waiting: 0 },
  ]);
  expect(malware.alpha).toMatchObject({ n: 1, value: null, reason: 'too_few' });
  expect(await getQuality(lead, { ...MONTH, queue: 'no-such-queue' })).toMatchObject({ items: 0 });
  expect(await getQuality(lead, { ...MONTH, days: '90', category: 'insecure_code' })).toMatchObject({
    items: 31,
  });

  // Ann's own view: 31 words on items that somebody else had a word on and that are decided now, 29 of this month.
  const own = await getOwnWork(ann);
  const drift = own.drift.reduce(
    (sum, week) => ({ items: sum.items + week.items, same: sum.same + week.same }),
    {
      items: 0,
      same: 0,
    },
  );
  // 26 agreed, three settled (she was right in one), the old one wrong, the malware one right.
  expect(drift).toEqual({ items: 31, same: 28 });
  expect(own.days.reduce((sum, { items }) => sum + items, 0)).toBe(33);
  expect(own.inARow).toBe(33);
});

it('golden answers are told together, and only when they are three people’s or more', async () => {
  const lead = await person('lead');
  const interactionId = await reviewed([{ by: lead, verdict: 'harmful' }], 'harmful', {
    category: 'jailbreak',
  });
  await db.goldenItem.create({
    data: { interactionId, verdict: 'harmful', note: 'It asks to leave the rules.', createdById: lead.id },
  });
  const verdicts = ['harmful', 'harmful', 'benign'];
  const people = await Promise.all(verdicts.map(() => person('reviewer')));
  const answeredAt = new Date(Date.now() - 3_600_000);
  for (const [index, verdict] of verdicts.entries()) {
    const reviewerId = people[index]?.id ?? '';
    const filters = { ...MONTH, category: 'jailbreak' } as const;
    expect((await getQuality(lead, filters)).golden).toBeNull();
    await db.goldenAnswer.create({
      data: { interactionId, reviewerId, verdict, answeredAt, timeSpentMs: 1_000 },
    });
  }
  const { golden } = await getQuality(lead, { ...MONTH, category: 'jailbreak' });
  expect(golden).toEqual({ answered: 3, right: 2 });
  const [right, , wrong] = people;
  if (!right || !wrong) throw new Error('no people');
  expect(await getOwnWork(right)).toMatchObject({ goldenAnswered: 1, wrong: [] });
  expect(await getOwnWork(wrong)).toMatchObject({
    goldenAnswered: 1,
    wrong: [{ id: interactionId, said: 'benign', known: 'harmful', why: 'It asks to leave the rules.' }],
  });
});

it('one’s own view: days in UTC, medians, skips and holds, and nothing of anybody else', async () => {
  const [me, other] = [await person('reviewer'), await person('reviewer')];
  const midnight = new Date();
  midnight.setUTCHours(0, 0, 0, 0);
  // A minute before and after midnight UTC two days ago; tests run in a zone with a half-hour offset.
  const edge = midnight.getTime() - 2 * DAY_MS;
  const at = (ms: number) => ({ at: new Date(edge + ms) });
  await reviewed([{ by: me, verdict: 'benign', ms: 1_000 }], 'benign', at(-60_000));
  await reviewed([{ by: me, verdict: 'benign', ms: 2_000 }], 'benign', at(60_000));
  await reviewed([{ by: me, verdict: 'benign', ms: 9_000 }], 'benign', at(61_000));
  await reviewed([{ by: other, verdict: 'benign', ms: 5_000 }], 'benign');
  const skippedId = await flagged();
  await db.queueSkip.create({ data: { interactionId: skippedId, reviewerId: me.id, reason: 'language' } });
  const heldId = await flagged();
  await db.queueItem.update({
    where: { interactionId: heldId },
    data: {
      leaseHolderId: me.id,
      leaseToken: newId(),
      leaseExpiresAt: new Date(Date.now() + 60_000),
      holdReason: 'asking security',
    },
  });
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  const own = await getOwnWork(me);
  expect(own.days).toEqual([
    { day: day(edge), items: 2, medianMs: 5_500 },
    { day: day(edge - DAY_MS), items: 1, medianMs: 1_000 },
  ]);
  // Alone on an item one always agrees with the final verdict, so that is not counted.
  expect(own).toMatchObject({ today: 0, inARow: 0, drift: [], goldenAnswered: 0, wrong: [] });
  expect(own.skipped).toMatchObject([{ id: skippedId, reason: 'language', state: 'pending' }]);
  expect(own.held).toMatchObject([{ id: heldId, reason: 'asking security' }]);
  await expect(getOwnWork(await person('auditor'))).rejects.toMatchObject({ code: 'forbidden' });
});

it('counts what waits only for who may read its reviews: a lead may be the next reader', async () => {
  const [ann, bob, lead] = [await person('reviewer'), await person('reviewer'), await person('lead')];
  const [auditor, other] = [await person('auditor'), await person('lead')];
  const category = 'data_leak';
  const unsure = (by: UserActor): Said => ({ by, verdict: 'unsure' });
  const third = await reviewed([unsure(ann), unsure(bob)], null, { category });
  await db.queueItem.update({
    where: { interactionId: third },
    data: { stage: 'review', reviewsNeeded: 3 },
  });
  await reviewed([unsure(lead), { by: ann, verdict: 'harmful' }], null, { category });
  const items = async (actor: UserActor) => (await getQuality(actor, { ...MONTH, category })).items;
  const clash = { ...MONTH, category, one: 'harmful', other: 'unsure' } as const;
  const clashes = async (actor: UserActor) => (await listClash(actor, clash)).total;

  // Only the lead who took no part settles the disagreement; nobody reads what a third person is still to review.
  expect([await items(lead), await clashes(lead)]).toEqual([0, 0]);
  expect([await items(other), await clashes(other)]).toEqual([1, 1]);
  expect([await items(auditor), await clashes(auditor)]).toEqual([2, 1]);
  await db.queueItem.update({
    where: { interactionId: third },
    data: { state: 'decided', verdict: 'unsure', decidedAt: new Date() },
  });
  expect(await items(lead)).toBe(1);
});
