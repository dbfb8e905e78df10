import { beforeEach, describe, expect, it } from 'vitest';
import type { UserActor } from '#lib/actor';
import { listEvents } from '#lib/audit/queries';
import { claimInteraction } from '#lib/claims/mutations';
import { db } from '#lib/db';
import { getInteraction } from '#lib/interactions/queries';
import { flagged, machine, person } from '../../tests/fixtures.ts';
import { listQueue } from './list.ts';
import { decide } from './mutations.ts';
import { getWorkItem, queueSummary } from './queries.ts';
import type { Verdict } from './schema.ts';

async function say(actor: UserActor, interactionId: string, verdict: Verdict, note: string) {
  const claim = await claimInteraction(actor, { interactionId });
  return decide(actor, { ...claim, verdict, note, timeSpentMs: 4_321 });
}

beforeEach(async () => {
  await db.queueItem.deleteMany();
});

describe('the list', () => {
  it('pages by due time, says who holds what, and counts', async () => {
    const [ana, bo] = [await person('reviewer', 'Ana'), await person('reviewer')];
    const ids = [await flagged(), await flagged({ language: 'go' }), await flagged()];
    const claim = await claimInteraction(ana, { interactionId: ids[1] ?? '' });
    const page = await listQueue(bo, { holder: 'all', limit: 2 });
    const rest = await listQueue(bo, { holder: 'all', limit: 2, cursor: page.nextCursor ?? '' });
    expect([...page.items, ...rest.items].map(({ id }) => id)).toEqual(ids);
    expect(page.items[1]).toMatchObject({
      heldBy: 'Ana',
      mine: false,
      title: 'SQL built by concatenation',
      band: 'soon',
      why: 'nothing like it so far',
      queue: 'Everything else',
      skipped: false,
      cluster: null,
    });
    expect((await listQueue(ana, { holder: 'mine', limit: 9 })).items.map(({ id }) => id)).toEqual([ids[1]]);
    expect(
      (await listQueue(bo, { holder: 'all', language: 'go', severity: 'high', limit: 9 })).items,
    ).toHaveLength(1);
    expect((await listQueue(bo, { holder: 'all', stage: 'lead', limit: 9 })).items).toEqual([]);
    await decide(ana, { ...claim, verdict: 'benign', timeSpentMs: 5 });
    expect(await queueSummary(ana)).toMatchObject({
      pending: 2,
      capped: false,
      today: 1,
      languages: [{ value: 'python', pending: 2 }],
    });
    expect((await queueSummary(bo)).today).toBe(0);
    await expect(listQueue(await machine(['ingest']), { holder: 'all', limit: 1 })).rejects.toMatchObject({
      code: 'forbidden',
    });
  });

  it('counts each language that waits, and no other', async () => {
    const ana = await person('reviewer');
    for (const language of ['go', 'rust', 'go', 'zig']) await flagged({ language });
    expect((await queueSummary(ana)).languages).toEqual([
      { value: 'go', pending: 2, capped: false },
      { value: 'rust', pending: 1, capped: false },
      { value: 'zig', pending: 1, capped: false },
    ]);
    await flagged({ severity: 'low', category: 'secret' });
    const { severities, categories } = await queueSummary(ana);
    const some = (facets: typeof severities) =>
      facets.flatMap(({ value, pending }) => (pending ? [value, pending] : []));
    expect([some(severities), some(categories)]).toEqual([
      ['low', 1, 'high', 4],
      expect.arrayContaining(['insecure_code', 4, 'secret', 1]),
    ]);
  });
});

describe('getWorkItem', () => {
  it('is what a reviewer needs, with its cluster, its place and a handover’s note', async () => {
    const ana = await person('reviewer', 'Ana');
    const id = await flagged({ before: 'x = 1', prompt: 'the prompt' });
    expect(await getWorkItem(ana, id)).toMatchObject({
      id,
      title: 'SQL built by concatenation',
      severity: 'high',
      category: 'insecure_code',
      prompt: 'the prompt',
      before: 'x = 1',
      secrets: 0,
      queue: { key: 'default', name: 'Everything else' },
      stage: 'review',
      band: 'soon',
      why: 'nothing like it so far',
      cluster: null,
      handover: null,
      disagreement: null,
      incidents: [],
    });
    await expect(getWorkItem(ana, crypto.randomUUID())).rejects.toMatchObject({ code: 'not_found' });
    await expect(getWorkItem(ana, 'x')).rejects.toMatchObject({ code: 'not_found' });
    await expect(getWorkItem(await machine(['ingest']), id)).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('tells how the others of its cluster stand, by what was decided and not by whom', async () => {
    const [ana, bo] = [await person('reviewer', 'Ana'), await person('reviewer')];
    const ids = [await flagged(), await flagged(), await flagged(), await flagged()];
    const at = new Date();
    const cluster = await db.cluster.create({
      data: {
        id: crypto.randomUUID(),
        scope: 'x',
        representativeId: ids[0] ?? '',
        firstAt: at,
        lastAt: at,
        size: 4,
        actors: 3,
        lastHour: 4,
      },
    });
    const shape = await db.clusterShape.create({
      data: {
        id: crypto.randomUUID(),
        scope: 'x',
        fingerprint: Buffer.from('f'),
        featureHash: Buffer.from('h'),
        clusterId: cluster.id,
      },
    });
    await db.clusterMember.createMany({
      data: ids.map((interactionId) => ({
        interactionId,
        clusterId: cluster.id,
        shapeId: shape.id,
        similarity: 1,
      })),
    });
    await say(ana, ids[1] ?? '', 'benign', 'x');
    await say(ana, ids[2] ?? '', 'benign', 'x');
    const seen = await getWorkItem(bo, ids[0] ?? '');
    expect(seen).toMatchObject({
      why: '4 like it, 3 actors, +4 last hour',
      cluster: {
        id: cluster.id,
        ref: `C-${cluster.number}`,
        size: 4,
        pending: 2,
        decided: [{ verdict: 'benign', policyTitle: null, count: 2 }],
      },
    });
    expect(JSON.stringify(seen)).not.toContain('Ana');
    // Of a decided one, its own answer is not among the decided.
    expect((await getWorkItem(bo, ids[1] ?? '')).cluster).toMatchObject({
      pending: 3,
      decided: [{ verdict: 'benign', policyTitle: null, count: 1 }],
    });
  });

  it('covers secrets at one length, and places findings in what is shown', async () => {
    const id = await flagged({ completion: 'key = "AKIAabc" # done', prompt: 'use tok1' });
    await db.secret.createMany({
      data: [
        { interactionId: id, field: 'completion', start: 7, end: 14, rule: 'aws' },
        { interactionId: id, field: 'prompt', start: 4, end: 8, rule: 'token' },
      ],
    });
    await db.finding.create({
      data: {
        interactionId: id,
        position: 9,
        detector: 'd',
        category: 'other',
        severity: 'low',
        start: 16,
        end: 22,
      },
    });
    const seen = await getWorkItem(await person('lead'), id);
    expect(seen).toMatchObject({ completion: 'key = "••••••••" # done', prompt: 'use ••••••••', secrets: 2 });
    const finding = seen.findings.at(-1);
    expect(seen.completion.slice(finding?.start ?? 0, finding?.end ?? 0)).toBe('# done');
    expect(JSON.stringify(seen)).not.toContain('AKIA');
  });
});

describe('blind', () => {
  it('the second reviewer learns nothing of the first, from no query, until the item is decided', async () => {
    const [ana, bo] = [await person('reviewer', 'Ana Unmistakable'), await person('reviewer')];
    const [fresh, id] = [await flagged(), await flagged()];
    await db.queueItem.updateMany({ data: { reviewsNeeded: 2 } });
    await say(ana, id, 'unsure', 'looks unmistakable to me');
    const reads = async (interactionId: string) =>
      JSON.stringify([
        await getWorkItem(bo, interactionId),
        await getInteraction(bo, interactionId),
        (await listQueue(bo, { holder: 'all', limit: 9 })).items.find((row) => row.id === interactionId),
        await claimInteraction(bo, { interactionId }),
      ]);
    const seen = await reads(id);
    expect(seen).not.toMatch(/unmistakable|unsure|4321|reviewsDone/i);
    // Nothing but ids, times, tokens and the fixture's running number tells the two apart.
    const plain = (text: string) =>
      text
        .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID')
        .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'AT')
        .replaceAll(/actor-\d+/g, 'ACTOR');
    expect(plain(seen)).toBe(plain(await reads(fresh)));
    const told = async (actor: UserActor) =>
      (await listEvents(actor, { q: `action:review.decide ${id}` })).items.length;
    expect([await told(bo), await told(ana), await told(await person('auditor'))]).toEqual([0, 1, 1]);
    expect((await getInteraction(ana, id)).reviews).toMatchObject([{ verdict: 'unsure' }]);
    await say(bo, id, 'unsure', 'agreed');
    expect((await getInteraction(bo, id)).reviews).toHaveLength(2);
    expect(await told(bo)).toBe(2);
  });

  it('a disagreement is shown to the lead who settles it, and not to who took part', async () => {
    const [ana, bo, lead] = [
      await person('reviewer', 'Ana'),
      await person('lead', 'Bo'),
      await person('lead'),
    ];
    const id = await flagged();
    await db.queueItem.updateMany({ data: { reviewsNeeded: 2 } });
    await say(ana, id, 'unsure', 'perhaps');
    await say(bo, id, 'benign', 'surely not');
    expect(await getWorkItem(lead, id)).toMatchObject({
      stage: 'adjudication',
      disagreement: [
        { reviewer: 'Ana', verdict: 'unsure', policyTitle: null, note: 'perhaps' },
        { reviewer: 'Bo', verdict: 'benign', policyTitle: null, note: 'surely not' },
      ],
    });
    expect((await getWorkItem(bo, id)).disagreement).toBeNull();
    expect((await getWorkItem(await person('reviewer'), id)).disagreement).toBeNull();
    expect((await getInteraction(bo, id)).reviews).toMatchObject([{ reviewer: { name: 'Bo' } }]);
    expect((await getInteraction(await person('auditor'), id)).reviews).toHaveLength(2);
  });
});
