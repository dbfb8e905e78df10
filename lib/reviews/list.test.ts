import { beforeEach, describe, expect, it } from 'vitest';
import type { Actor, UserActor } from '#lib/actor';
import { claimInteraction } from '#lib/claims/mutations';
import { db } from '#lib/db';
import { clusterOf, flagged, machine, person } from '../../tests/fixtures.ts';
import { IN_GROUP, listQueue, queuePage } from './list.ts';
import { decide } from './mutations.ts';
import { listQueueSchema, type Verdict } from './schema.ts';

const filters = (given: Record<string, unknown> = {}) => listQueueSchema.parse(given);

async function say(actor: UserActor, interactionId: string, verdict: Verdict) {
  const claim = await claimInteraction(actor, { interactionId });
  return decide(actor, { ...claim, verdict, timeSpentMs: 5 });
}

async function several(count: number, overrides: Parameters<typeof flagged>[0] = {}): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n++) ids.push(await flagged(overrides));
  return ids;
}

/** All pages, each group as its ids; the first of each is due first. */
async function pages(actor: Actor, given: Record<string, unknown>): Promise<string[][][]> {
  const found: string[][][] = [];
  let cursor: string | null | undefined;
  do {
    const page = await queuePage(actor, filters({ ...given, ...(cursor && { cursor }) }), null);
    found.push(page.items.map(({ ids }) => ids));
    cursor = page.nextCursor;
  } while (cursor);
  return found;
}

beforeEach(async () => {
  await db.queueItem.deleteMany();
});

describe('groups', () => {
  it('puts what is of one cluster into one, in the place of the first, with counts by severity', async () => {
    const ana = await person('reviewer');
    const [a = '', b = '', c = '', d = '', e = ''] = await several(5);
    await db.queueItem.update({ where: { interactionId: d }, data: { severity: 'critical' } });
    const { ref } = await clusterOf([b, d, e]);
    const { items, nextCursor } = await queuePage(ana, filters(), null);
    expect(items.map(({ row, ids, count }) => [row.id, ids, count])).toEqual([
      [a, [a], 1],
      [b, [b, d, e], 3],
      [c, [c], 1],
    ]);
    expect(nextCursor).toBeNull();
    expect(items[1]).toMatchObject({
      row: { cluster: { ref } },
      severities: [
        { severity: 'critical', count: 1 },
        { severity: 'high', count: 2 },
      ],
      others: [],
    });
    const opened = await queuePage(ana, filters({ open: ref }), null);
    expect(opened.items[1]?.others.map(({ id }) => id)).toEqual([d, e]);
    expect(opened.items[0]?.others).toEqual([]);
  });

  it('has each item on one page, whatever the pages cut through', async () => {
    const ana = await person('reviewer');
    const ids = await several(12);
    await clusterOf(ids.filter((_, index) => index % 3 === 0));
    // Due at one moment: the order among them is that of their ids.
    await db.queueItem.updateMany({ data: { dueAt: new Date(1_800_000_000_000) } });
    const found = await pages(ana, { limit: 3 });
    expect(found.every((page) => page.length <= 3)).toBe(true);
    expect(found.flat(2).toSorted()).toEqual(ids.toSorted());
    expect((await pages(ana, { limit: 3, language: 'cobol' })).flat()).toEqual([]);
  });

  it('lists of a large group no more than fit, and counts all of them', async () => {
    const ana = await person('reviewer');
    const ids = await several(IN_GROUP + 5);
    const { ref } = await clusterOf(ids);
    const { items } = await queuePage(ana, filters({ open: ref }), null);
    expect(items).toMatchObject([{ count: IN_GROUP + 5, ids: ids.slice(0, IN_GROUP) }]);
    expect(items[0]?.others).toHaveLength(IN_GROUP - 1);
  });

  it('groups what the filters find, and only for who may read', async () => {
    const ana = await person('reviewer');
    const [go, python] = [await several(2, { language: 'go' }), await several(2)];
    const { ref } = await clusterOf([...go, ...python]);
    expect(await pages(ana, { language: 'go' })).toEqual([[go]]);
    expect(await pages(ana, { cluster: ref })).toEqual([[[...go, ...python]]]);
    const key = await machine(['ingest']);
    await expect(queuePage(key, filters(), null)).rejects.toMatchObject({ code: 'forbidden' });
    const matches = async (given: Record<string, unknown>, most: number) =>
      (await queuePage(ana, filters(given), most)).matches;
    expect(await matches({ language: 'go', limit: 1 }, 5)).toEqual({ count: 2, capped: false });
    expect(await matches({ group: 'none' }, 3)).toEqual({ count: 3, capped: true });
    expect((await queuePage(ana, filters({ group: 'none' }), null)).items.map(({ ids }) => ids)).toEqual(
      [...go, ...python].map((id) => [id]),
    );
    for (const open of ['C-', 'C-1,', 'C-1;drop', '1', `C-${'9'.repeat(10)}`])
      expect([open, listQueueSchema.safeParse({ open }).success]).toEqual([open, false]);
  });
});

describe('what waits for somebody else', () => {
  it('is not in the list of who has reviewed it, and in everybody else’s', async () => {
    const [ana, bo, lead] = [await person('reviewer'), await person('reviewer'), await person('lead')];
    const [first = '', second = ''] = await several(2);
    await db.queueItem.updateMany({ data: { reviewsNeeded: 2 } });
    await say(ana, first, 'benign');
    const seen = async (actor: Actor, given = {}) => [
      (await listQueue(actor, filters(given))).items.map(({ id }) => id),
      (await queuePage(actor, filters(given), null)).items.map(({ row }) => row.id),
      (await queuePage(actor, filters(given), 9)).matches?.count,
    ];
    const all = [first, second];
    expect(await seen(ana)).toEqual([[second], [second], 1]);
    expect(await seen(bo)).toEqual([all, all, 2]);
    expect(await seen(await machine(['export']))).toEqual([all, all, 2]);
    // A lead who took part in a disagreement cannot settle it.
    await say(lead, first, 'unsure');
    expect(await seen(lead, { stage: 'adjudication' })).toEqual([[], [], 0]);
    expect(await seen(await person('lead'), { stage: 'adjudication' })).toEqual([[first], [first], 1]);
  });
});

it('covers in a title what a detector quotes of a secret, though it looks like no secret by itself', async () => {
  const id = await flagged({ completion: 'open("plum-orchard-nine")' });
  await db.secret.create({ data: { interactionId: id, field: 'completion', start: 6, end: 23, rule: 'x' } });
  await db.finding.create({
    data: {
      ...{ interactionId: id, position: 1, detector: 'x', category: 'other', severity: 'low' },
      message: 'found plum-orchard-nine',
    },
  });
  await db.queueItem.update({ where: { interactionId: id }, data: { severity: 'low' } });
  const { items } = await listQueue(await person('reviewer'), filters());
  expect(items).toMatchObject([{ title: 'found ••••••••' }]);
});
