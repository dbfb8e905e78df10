import { beforeEach, describe, expect, it } from 'vitest';
import { listEvents } from '#lib/audit/queries';
import { claimInteraction, hold } from '#lib/claims/mutations';
import { db } from '#lib/db';
import { newId } from '#lib/ids';
import { decide } from '#lib/reviews/mutations';
import { MAX_BATCH } from '#lib/reviews/schema';
import { clusterOf, flagged, machine, person } from '../../tests/fixtures.ts';
import { decideCluster, decideFilter, reverseBatch } from './mutations.ts';
import { getBatch, previewBatch } from './queries.ts';

/** Many rows alike, by one statement each, which thousands of fixtures would take a minute for. */
async function manyFlagged(n: number): Promise<string[]> {
  const ids = Array.from({ length: n }, () => newId());
  await db.$executeRaw`
    INSERT INTO interaction (id, source, external_id, digest, occurred_at, model_name, model_version, surface,
      language, actor_id, prompt, completion)
    SELECT id::uuid, 'fixture', id, decode(md5(id), 'hex'), now(), 'codex-sim', '2026.9', 'inline', 'python',
      'actor', 'Read the user', 'x' FROM unnest(${ids}::text[]) AS id`;
  await db.$executeRaw`
    INSERT INTO queue_item (interaction_id, severity, category, language, received_at, due_at)
    SELECT id::uuid, 'high', 'other', 'python', now(), now() FROM unnest(${ids}::text[]) AS id`;
  return ids;
}

const several = (n: number) => Promise.all(Array.from({ length: n }, () => flagged()));

beforeEach(async () => {
  await db.queueItem.deleteMany();
});

describe('previewBatch', () => {
  it('counts exactly what would be decided, and says what would not be and why', async () => {
    const [ana, bo] = [await person('reviewer'), await person('reviewer')];
    const ids = await several(9);
    const [held = '', kept = '', handed = '', raised = '', disputed = '', done = '', mine = ''] = ids;
    await claimInteraction(bo, { interactionId: held });
    await hold(bo, {
      ...(await claimInteraction(bo, { interactionId: kept })),
      minutes: 60,
      reason: 'asking the team',
    });
    const until = new Date(Date.now() + 3_600_000);
    await db.queueItem.update({
      where: { interactionId: handed },
      data: { assigneeId: bo.id, assignedUntil: until },
    });
    await db.queueItem.update({ where: { interactionId: raised }, data: { stage: 'lead' } });
    await db.queueItem.update({ where: { interactionId: disputed }, data: { stage: 'adjudication' } });
    await decide(bo, {
      ...(await claimInteraction(bo, { interactionId: done })),
      verdict: 'benign',
      timeSpentMs: 1,
    });
    await claimInteraction(ana, { interactionId: mine });
    const cluster = await clusterOf(ids);
    const preview = await previewBatch(ana, { clusterId: cluster.id });
    expect(preview).toMatchObject({ count: 3, total: 3, unseen: 0 });
    expect(preview.excluded).toEqual([
      { reason: 'held by somebody else', count: 2 },
      { reason: 'decided already', count: 1 },
      { reason: 'handed over to somebody else', count: 1 },
      { reason: 'raised to a lead', count: 1 },
      { reason: 'waiting for a lead to settle a disagreement', count: 1 },
    ]);
    expect(await previewBatch(ana, { filter: { cluster: cluster.ref } })).toMatchObject({ count: 3 });
    const { decided } = await decideCluster(ana, {
      clusterId: cluster.id,
      verdict: 'benign',
      timeSpentMs: 1,
      shown: preview.shown,
      expected: 3,
    });
    expect(decided).toBe(3);
  });

  it('shows one item of each variant, the representative and then the worst first, and breaks all down', async () => {
    const ana = await person('reviewer');
    const plain = await several(3);
    const odd = await flagged({ severity: 'critical', category: 'secret', completion: 'token = "x"' });
    const low = await flagged({ severity: 'low', language: 'go' });
    const { id } = await clusterOf([...plain, odd, low], [odd, low]);
    const preview = await previewBatch(ana, { clusterId: id });
    const { items } = preview.variants;
    expect(items.map((item) => [item.id, item.alike, item.representative])).toEqual([
      [plain[0], 3, true],
      [odd, 1, false],
      [low, 1, false],
    ]);
    const { breakdown } = preview;
    expect(items[0]).toMatchObject({ title: 'SQL built by concatenation', model: 'codex-sim 2026.9' });
    expect(breakdown.severity.named).toEqual([
      { value: 'high', count: 3 },
      { value: 'critical', count: 1 },
      { value: 'low', count: 1 },
    ]);
    expect(breakdown.detector).toEqual({ named: [{ value: 'fixture', count: 5 }], rest: 0 });
    expect(breakdown.tenant.named).toEqual([{ value: 'tenant-1', count: 5 }]);
    const byFilter = await previewBatch(ana, { filter: { detector: 'fixture' } });
    expect(byFilter.variants.items[0]?.id).toBe(odd);
  });

  it('counts only what is listed, and only what is shown whole', async () => {
    const ana = await person('reviewer');
    const plain = await several(3);
    const long = await flagged({ completion: `f(a)\n${'# x\n'.repeat(6_000)}` });
    const other = await flagged();
    const { id } = await clusterOf([...plain, long, other], [long, other]);
    expect(await previewBatch(ana, { clusterId: id })).toMatchObject({
      count: 4,
      total: 5,
      shown: [plain[0], other],
      unseen: 1,
      variants: { total: 3 },
    });
    expect(await previewBatch(ana, { clusterId: id }, 1)).toMatchObject({
      count: 3,
      shown: [plain[0]],
      unseen: 2,
      variants: { total: 3, items: { length: 1 } },
    });
  });

  it('covers secrets, also those that the worker has not found yet', async () => {
    const ana = await person('reviewer');
    const key = ['AKIA', 'Z7Q2M5X4', 'W6V3T2Y5'].join('');
    const id = await flagged({ completion: `aws_access_key_id = "${key}"` });
    await db.analysisTask.create({ data: { interactionId: id } });
    const { variants } = await previewBatch(ana, { filter: { detector: 'fixture' } });
    expect(variants.items[0]).toMatchObject({ secrets: 1 });
    expect(JSON.stringify(variants)).not.toContain(key);
  });

  it('is for people who review, and for what is there', async () => {
    const input = { clusterId: newId() };
    for (const actor of [await person('auditor'), await machine(['export'])]) {
      await expect(previewBatch(actor, input)).rejects.toMatchObject({ code: 'forbidden' });
    }
    await expect(previewBatch(await person('lead'), input)).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('a large incident', () => {
  it('is decided in batches that say how many are left, and a full batch goes back as one', async () => {
    const ana = await person('reviewer');
    const ids = await manyFlagged(MAX_BATCH + 700);
    const { id: clusterId } = await clusterOf(ids);
    expect(await previewBatch(ana, { clusterId })).toMatchObject({
      count: MAX_BATCH,
      total: MAX_BATCH + 700,
    });
    const word = { clusterId, shown: ids.slice(0, 1), verdict: 'benign' as const, timeSpentMs: 60_000 };
    const first = await decideCluster(ana, { ...word, expected: MAX_BATCH });
    expect(first).toMatchObject({ decided: MAX_BATCH, remaining: 700 });
    expect(await decideCluster(ana, { ...word, expected: 700 })).toMatchObject({
      decided: 700,
      remaining: 0,
    });
    expect(await db.event.count({ where: { action: 'review.decide', subjectId: { in: ids } } })).toBe(
      MAX_BATCH + 700,
    );
    expect(await reverseBatch(ana, { batchId: first.batchId })).toEqual({ reversed: MAX_BATCH, kept: [] });
    expect(await previewBatch(ana, { clusterId })).toMatchObject({ total: MAX_BATCH });
  });
});

describe('getBatch', () => {
  it('tells its author how it stands, and nobody the word on what they may yet review', async () => {
    const [ana, bo] = [await person('reviewer'), await person('reviewer')];
    const [once = '', twice = ''] = await several(2);
    await db.queueItem.update({ where: { interactionId: twice }, data: { reviewsNeeded: 2 } });
    const filter = { detector: 'fixture' };
    const word = { filter, verdict: 'unsure' as const, timeSpentMs: 10, shown: [once, twice], expected: 2 };
    const { batchId } = await decideFilter(ana, word);
    expect(await getBatch(ana, batchId)).toMatchObject({
      mine: true,
      verdict: 'unsure',
      count: 2,
      left: 2,
      waiting: 1,
      reversible: 2,
      mayReverse: true,
      kept: [],
      filter,
    });
    expect(await getBatch(bo, batchId)).toMatchObject({ verdict: null, mayReverse: false });
    const told = async (actor: typeof ana) =>
      (await listEvents(actor, { limit: 100 })).items.some(
        ({ action, body }) => action === 'batch.decide' && body.includes(batchId),
      );
    expect([await told(ana), await told(bo), await told(await person('auditor'))]).toEqual([
      true,
      false,
      true,
    ]);
    expect(await getBatch(await person('lead'), batchId)).toMatchObject({ verdict: null, mayReverse: true });
    expect(await getBatch(await person('auditor'), batchId)).toMatchObject({ verdict: 'unsure' });
    await decide(bo, {
      ...(await claimInteraction(bo, { interactionId: twice })),
      verdict: 'unsure',
      timeSpentMs: 1,
    });
    expect(await getBatch(bo, batchId)).toMatchObject({ verdict: 'unsure', waiting: 0, reversible: 1 });
    await reverseBatch(ana, { batchId });
    expect(await getBatch(ana, batchId)).toMatchObject({
      reversedAt: expect.any(Date),
      mayReverse: false,
      left: 1,
    });
    expect(await db.review.count({ where: { interactionId: once } })).toBe(0);
    // What it decided waits again, so whoever may review that next is not told, by page or history.
    for (const reader of [bo, await person('lead')]) {
      expect(await getBatch(reader, batchId)).toMatchObject({ verdict: null, policyTitle: null, note: null });
      expect(await told(reader)).toBe(false);
    }
    expect(await getBatch(await person('auditor'), batchId)).toMatchObject({ verdict: 'unsure' });
    await expect(getBatch(ana, newId())).rejects.toMatchObject({ code: 'not_found' });
    await expect(getBatch(await machine(['ingest']), batchId)).rejects.toMatchObject({ code: 'forbidden' });
  });
});
