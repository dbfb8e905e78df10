import { beforeEach, describe, expect, it } from 'vitest';
import { systemActor } from '#lib/actor';
import { db } from '#lib/db';
import { changeReviewSettings } from '#lib/settings/mutations';
import { flagged, machine, person } from '../../tests/fixtures.ts';
import { archiveQueue, createQueue, editQueue, orderQueues, reroutePending } from './mutations.ts';
import { listQueues } from './queries.ts';
import { createQueueSchema, DEFAULT_QUEUE_ID } from './schema.ts';

const worker = systemActor('reroute');
const queue = (key: string, conditions: object = { language: ['python', 'go', 'rust'] }, more = {}) =>
  createQueueSchema.parse({ key, name: `Queue ${key}`, conditions, ...more });
const queueOf = async (interactionId: string) =>
  (await db.queueItem.findUniqueOrThrow({ where: { interactionId }, select: { queue: true } })).queue.key;
const events = async () =>
  (await db.event.findMany({ where: { subjectType: 'queue' }, orderBy: { id: 'asc' } })).map((event) => ({
    action: event.action,
    data: JSON.parse(event.body).data,
  }));

beforeEach(async () => {
  await db.queueItem.deleteMany();
  await db.queue.deleteMany({ where: { isDefault: false } });
  await db.setting.deleteMany();
});

describe('createQueue', () => {
  it('comes before the default and after the others, and takes what is pending and meets its conditions', async () => {
    const lead = await person('lead');
    const [go, python] = [await flagged({ language: 'go' }), await flagged()];
    await createQueue(lead, queue('first', { language: ['rust'] }));
    await createQueue(lead, queue('go-only', { language: ['go'] }, { requiredReviews: 2 }));
    expect(await queueOf(go)).toBe('default');
    expect(await reroutePending(worker)).toBe(1);
    expect(await reroutePending(worker)).toBeNull();
    expect([await queueOf(go), await queueOf(python)]).toEqual(['go-only', 'default']);
    expect(await db.queueItem.findUnique({ where: { interactionId: go } })).toMatchObject({
      reviewsNeeded: 2,
    });
    expect(await listQueues(lead)).toMatchObject([
      { key: 'first', pending: 0, capped: false, oldestReceivedAt: null },
      { key: 'go-only', pending: 1, requiredReviews: 2, oldestReceivedAt: expect.any(Date) },
      { key: 'default', id: DEFAULT_QUEUE_ID, pending: 1, isDefault: true, forLeads: 0 },
    ]);
    expect((await events()).map(({ action }) => action)).toEqual([
      'queue.create',
      'queue.create',
      'queue.reroute',
    ]);
  });

  it('is refused to others, and for a key that is taken, also at the same moment', async () => {
    for (const actor of [await person('reviewer'), await person('auditor'), await machine(['ingest'])]) {
      await expect(createQueue(actor, queue('a'))).rejects.toMatchObject({ code: 'forbidden' });
    }
    const lead = await person('lead');
    const answers = await Promise.allSettled([
      createQueue(lead, queue('a')),
      createQueue(lead, queue('a')),
      createQueue(lead, queue('b')),
    ]);
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    await expect(createQueue(lead, queue('a'))).rejects.toMatchObject({
      code: 'conflict',
      fields: { key: expect.any(String) },
    });
    const positions = (await db.queue.findMany()).map(({ position }) => position);
    expect(new Set(positions).size).toBe(positions.length);
  });
});

describe('editQueue', () => {
  it('changes what is given, routes again, and keeps before and after', async () => {
    const lead = await person('lead');
    const go = await flagged({ language: 'go' });
    const { id } = await createQueue(lead, queue('x', { language: ['rust'] }));
    await reroutePending(worker);
    await editQueue(lead, { id, conditions: { language: ['go'] }, secondShare: 1 });
    expect(await reroutePending(worker)).toBe(1);
    expect(await queueOf(go)).toBe('x');
    expect(await db.queueItem.findUnique({ where: { interactionId: go } })).toMatchObject({
      reviewsNeeded: 2,
    });
    expect((await events()).findLast(({ action }) => action === 'queue.edit')).toMatchObject({
      data: {
        key: 'x',
        changes: { conditions: { before: { language: ['rust'] }, after: { language: ['go'] } } },
      },
    });
    // A name alone moves nothing, and no change leaves no event.
    const before = (await events()).length;
    await editQueue(lead, { id, name: 'Better' });
    await editQueue(lead, { id, name: 'Better' });
    expect(await events()).toHaveLength(before + 1);
    expect(await reroutePending(worker)).toBeNull();
  });

  it('keeps an item with a first review waiting for its second', async () => {
    const lead = await person('lead');
    const id = await flagged();
    await db.queueItem.update({ where: { interactionId: id }, data: { reviewsNeeded: 2, reviewsDone: 1 } });
    await editQueue(lead, { id: DEFAULT_QUEUE_ID, requiredReviews: 3 });
    await reroutePending(worker);
    await editQueue(lead, { id: DEFAULT_QUEUE_ID, requiredReviews: 1 });
    await reroutePending(worker);
    expect(await db.queueItem.findUnique({ where: { interactionId: id } })).toMatchObject({
      reviewsNeeded: 2,
    });
  });

  it('is refused to others, for unknown and archived queues, and for conditions on the default', async () => {
    const lead = await person('lead');
    const { id } = await createQueue(lead, queue('x'));
    await expect(editQueue(await person('reviewer'), { id, name: 'y' })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await archiveQueue(lead, { id });
    await expect(editQueue(lead, { id, name: 'y' })).rejects.toMatchObject({ code: 'not_found' });
    await expect(editQueue(lead, { id: crypto.randomUUID(), name: 'y' })).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(
      editQueue(lead, { id: DEFAULT_QUEUE_ID, conditions: { language: ['go'] } }),
    ).rejects.toMatchObject({ code: 'invalid', fields: { conditions: expect.any(String) } });
  });
});

describe('orderQueues', () => {
  it('is the order in which conditions are tried', async () => {
    const lead = await person('lead');
    const item = await flagged();
    const [a, b] = [
      await createQueue(lead, queue('a', { language: ['python'] })),
      await createQueue(lead, queue('b')),
    ];
    await reroutePending(worker);
    expect(await queueOf(item)).toBe('a');
    await orderQueues(lead, { ids: [b.id, a.id] });
    await reroutePending(worker);
    expect(await queueOf(item)).toBe('b');
    expect((await listQueues(lead)).map(({ key }) => key)).toEqual(['b', 'a', 'default']);
    expect((await events()).find(({ action }) => action === 'queue.order')).toMatchObject({
      data: { before: ['a', 'b'], after: ['b', 'a'] },
    });
  });

  it('is refused to others and when the list has changed', async () => {
    const lead = await person('lead');
    const { id } = await createQueue(lead, queue('a'));
    await createQueue(lead, queue('b'));
    await expect(orderQueues(await person('auditor'), { ids: [id] })).rejects.toMatchObject({
      code: 'forbidden',
    });
    for (const ids of [[id], [id, id], [id, crypto.randomUUID()], [id, DEFAULT_QUEUE_ID]]) {
      await expect(orderQueues(lead, { ids })).rejects.toMatchObject({ code: 'conflict' });
    }
  });
});

describe('archiveQueue', () => {
  it('lets its items move on, and is refused to others, twice, and for the default', async () => {
    const lead = await person('lead');
    const item = await flagged();
    const { id } = await createQueue(lead, queue('a'));
    await reroutePending(worker);
    await expect(archiveQueue(await person('commander'), { id })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await archiveQueue(lead, { id });
    expect(await reroutePending(worker)).toBe(1);
    expect(await queueOf(item)).toBe('default');
    expect((await listQueues(lead)).map(({ key }) => key)).toEqual(['default']);
    await expect(archiveQueue(lead, { id })).rejects.toMatchObject({ code: 'not_found' });
    await expect(archiveQueue(lead, { id: DEFAULT_QUEUE_ID })).rejects.toMatchObject({ code: 'invalid' });
  });
});

describe('reroutePending', () => {
  it('goes through everything in batches, continues after a stop, and starts over after another change', async () => {
    const lead = await person('lead');
    const items = await Promise.all(Array.from({ length: 7 }, () => flagged()));
    await createQueue(lead, queue('a', { language: ['python'] }));
    const asked = await db.setting.findUniqueOrThrow({ where: { key: 'reroute' } });
    // As a worker leaves it that was stopped after the third item.
    const cursor = items.toSorted()[2];
    await db.setting.update({
      where: { key: 'reroute' },
      data: { value: { ...Object(asked.value), cursor, moved: 3 } },
    });
    expect(await reroutePending(worker, 2)).toBe(7);
    expect(await db.queueItem.count({ where: { queue: { key: 'a' } } })).toBe(4);
    await changeReviewSettings(lead, { secondShare: 1 });
    await createQueue(lead, queue('b'));
    expect(await reroutePending(worker, 2)).toBe(3);
    expect(await db.queueItem.count({ where: { queue: { key: 'a' }, reviewsNeeded: 2 } })).toBe(7);
  });

  it('wakes the worker through its job queue where there is one, in the same transaction', async () => {
    await db.$executeRawUnsafe('CREATE SCHEMA graphile_worker');
    await db.$executeRawUnsafe('CREATE TABLE graphile_worker.asked (identifier text, job_key text)');
    await db.$executeRawUnsafe(`CREATE FUNCTION graphile_worker.add_job(identifier text, payload json DEFAULT NULL,
      job_key text DEFAULT NULL) RETURNS void LANGUAGE sql
      AS 'INSERT INTO graphile_worker.asked VALUES (identifier, job_key)'`);
    await createQueue(await person('lead'), queue('a'));
    expect(await db.$queryRawUnsafe('SELECT * FROM graphile_worker.asked')).toEqual([
      { identifier: 'reroute_queue', job_key: 'reroute_queue' },
    ]);
    await db.$executeRawUnsafe('DROP SCHEMA graphile_worker CASCADE');
  });
});

describe('a queue without conditions', () => {
  it('is refused without conditions, also by an edit: it would take everything from the others', async () => {
    const lead = await person('lead');
    const refusal = { code: 'invalid', fields: { conditions: expect.stringContaining('at least one') } };
    await expect(createQueue(lead, queue('all', {}))).rejects.toMatchObject(refusal);
    const { id } = await createQueue(lead, queue('some'));
    await expect(editQueue(lead, { id, conditions: {} })).rejects.toMatchObject(refusal);
    expect(await db.queue.count({ where: { key: 'all' } })).toBe(0);
  });
});
