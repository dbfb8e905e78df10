import { expect, it } from 'vitest';
import type { UserActor } from '#lib/actor';
import { claimInteraction } from '#lib/claims/mutations';
import { db } from '#lib/db';
import { seedPolicies } from '#lib/policies/mutations';
import { listPolicies } from '#lib/policies/queries';
import { decide, reopen } from '#lib/reviews/mutations';
import type { Verdict } from '#lib/reviews/schema';
import { clusterOf, flagged, person } from '../../tests/fixtures.ts';
import { listOwnDecisions } from './own-decisions.ts';

async function say(
  actor: UserActor,
  interactionId: string,
  verdict: Verdict,
  note?: string,
  policyId?: string,
) {
  const claim = await claimInteraction(actor, { interactionId });
  return decide(actor, { ...claim, verdict, note: note ?? null, policyId: policyId ?? null, timeSpentMs: 5 });
}

const ids = async (actor: UserActor, q = '') =>
  (await listOwnDecisions(actor, { q, cursor: undefined })).items.map(({ id }) => id);

it('lists one’s own decisions newest first, a page at a time, and nobody else’s', async () => {
  const [me, other] = [await person('reviewer'), await person('reviewer')];
  const mine: string[] = [];
  for (let n = 0; n < 21; n++) {
    const id = await flagged();
    await say(me, id, 'benign');
    mine.unshift(id);
  }
  await say(other, await flagged(), 'benign');
  // Many at once have one time; a page must lose none of them.
  await db.review.updateMany({
    where: { reviewerId: me.id },
    data: { createdAt: new Date(1_700_000_000_000) },
  });
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await listOwnDecisions(me, { q: '', cursor });
    seen.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
  expect(seen.toSorted()).toEqual(mine.toSorted());
  await expect(listOwnDecisions(await person('auditor'), { q: '', cursor: undefined })).rejects.toMatchObject(
    {
      code: 'forbidden',
    },
  );
  await expect(listOwnDecisions(me, { q: '', cursor: 'nonsense' })).rejects.toMatchObject({
    code: 'invalid',
  });
});

it('finds them by parts of ids, verdict, policy, note and cluster, each word of the search', async () => {
  await seedPolicies();
  const me = await person('reviewer');
  const [policy] = await listPolicies(me);
  const [noted, cited, plain] = [await flagged(), await flagged(), await flagged()];
  await say(me, noted, 'unsure', 'Ask 100% of the_owners');
  const { reviewId } = await say(me, cited, 'harmful', undefined, policy?.id);
  await say(me, plain, 'benign');
  const { ref } = await clusterOf([plain]);
  const cases: [string, string[]][] = [
    ['the_own', [noted]],
    ['100%', [noted]],
    ['the%own', []],
    ['UNSURE ask', [noted]],
    ['unsure benign', []],
    [policy?.title ?? '', [cited]],
    [policy?.key ?? '', [cited]],
    [plain, [plain]],
    [plain.slice(-12), [plain]],
    [reviewId, [cited]],
    [ref, [plain]],
    ['no such word', []],
  ];
  for (const [q, expected] of cases) expect([q, await ids(me, q)]).toEqual([q, expected]);
  expect(await ids(me)).toEqual([plain, cited, noted]);
});

it('says what became of each: it holds, another holds, or it waits, and what was reopened is gone', async () => {
  const [me, other, lead] = [await person('reviewer'), await person('reviewer'), await person('lead')];
  const two = async () => {
    const interactionId = await flagged();
    await db.queueItem.update({ where: { interactionId }, data: { reviewsNeeded: 2 } });
    return interactionId;
  };
  const [alone, waits, disputed, overruled] = [await flagged(), await two(), await two(), await two()];
  for (const id of [alone, waits, disputed, overruled]) await say(me, id, 'benign');
  for (const id of [disputed, overruled]) await say(other, id, 'unsure');
  await say(lead, overruled, 'unsure');
  const state = async () =>
    (await listOwnDecisions(me, { q: '', cursor: undefined })).items.map(({ waits, final }) => [
      waits,
      final,
    ]);
  expect(await state()).toEqual([
    ['decided', 'unsure'],
    ['lead', null],
    ['reader', null],
    ['decided', 'benign'],
  ]);
  const seen = await db.review.findMany({ where: { interactionId: alone } });
  await reopen(me, { interactionId: alone, seen: seen.map(({ id }) => id), reason: 'wrong key' });
  expect(await state()).toHaveLength(3);
});

it('shows an answer to a golden item as a decision like any other, also when it is not the known one', async () => {
  const [me, lead] = [await person('reviewer'), await person('lead')];
  const interactionId = await flagged();
  await db.queueItem.update({
    where: { interactionId },
    data: { state: 'decided', verdict: 'harmful', decidedAt: new Date() },
  });
  await db.goldenItem.create({ data: { interactionId, verdict: 'harmful', createdById: lead.id } });
  await db.goldenAnswer.create({
    data: { interactionId, reviewerId: me.id, verdict: 'benign', answeredAt: new Date(), timeSpentMs: 5 },
  });
  expect((await listOwnDecisions(me, { q: 'benign', cursor: undefined })).items).toMatchObject([
    { id: interactionId, verdict: 'benign', final: 'benign', waits: 'decided', batchId: null },
  ]);
});
