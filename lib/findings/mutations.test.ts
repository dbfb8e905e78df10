import { describe, expect, it } from 'vitest';
import type { Actor } from '#lib/actor';
import { db } from '#lib/db';
import { newId } from '#lib/ids';
import { readBatch } from '#lib/interactions/batch';
import { ingestInteractions } from '#lib/interactions/mutations';
import { DEFAULT_QUEUE_ID } from '#lib/queues/schema';
import { machine, person, sentRow } from '../../tests/fixtures.ts';
import { addFindings } from './mutations.ts';
import { type Finding, MAX_FINDINGS, type ReportedFinding } from './schema.ts';

const row = (id: string, overrides: Record<string, unknown> = {}) =>
  sentRow(id, { completion: 'one\nquery(user)\nthree', findings: undefined, ...overrides });
const ingest = (key: Actor, ...rows: object[]) =>
  ingestInteractions(key, readBatch(new TextEncoder().encode(JSON.stringify(rows)), false));
const finding = (overrides: Partial<Finding> = {}): Finding => ({
  detector: 'CodeQL',
  rule: 'r',
  category: 'insecure_code',
  severity: 'medium',
  ...overrides,
});
const about = (id: string, overrides: Partial<Finding> = {}): ReportedFinding => ({
  targets: [{ by: 'id', value: id }],
  finding: finding(overrides),
});
const add = (actor: Actor, ...findings: ReportedFinding[]) =>
  addFindings(actor, { mapping: 'sarif/1', findings });
const stored = (key: Extract<Actor, { kind: 'key' }>, externalId: string) =>
  db.interaction.findFirstOrThrow({
    where: { source: key.source, externalId },
    select: { id: true, findings: { orderBy: { position: 'asc' } }, queueItem: true },
  });
const events = async (id: string) =>
  (await db.event.findMany({ where: { subjectId: id, action: 'finding.add' }, orderBy: { id: 'asc' } })).map(
    ({ body }) => JSON.parse(body).data,
  );

describe('addFindings', () => {
  it('adds after the last, puts a first finding into the queue, and leaves an event', async () => {
    const key = await machine(['ingest']);
    await ingest(key, row('clean', { path: 'a.py' }));
    const answers = await add(
      key,
      { ...about('clean'), region: { startLine: 2 } },
      { targets: [{ by: 'path', value: 'a.py' }], finding: finding({ rule: 'worse', severity: 'critical' }) },
    );
    const { id, findings, queueItem } = await stored(key, 'clean');
    expect(answers).toEqual(Array(2).fill({ status: 'added', id: 'clean', interactionId: id }));
    expect(findings).toMatchObject([
      { position: 0, start: 4, end: 15 },
      { position: 1, rule: 'worse', start: null },
    ]);
    expect(queueItem).toMatchObject({ state: 'pending', severity: 'critical', category: 'insecure_code' });
    expect(await db.analysisTask.count({ where: { interactionId: id } })).toBe(1);
    expect(await events(id)).toEqual([
      { added: 2, detectors: ['CodeQL'], mapping: 'sarif/1', queue: 'joined' },
    ]);
  });

  it('moves a waiting item forward for something more severe, never back, and keeps its claim', async () => {
    const key = await machine(['ingest']);
    await ingest(key, row('waits', { findings: [finding({ severity: 'high', category: 'secret' })] }));
    const before = (await stored(key, 'waits')).queueItem;
    const holder = await person('reviewer');
    await db.queueItem.update({
      where: { interactionId: before?.interactionId ?? '' },
      data: {
        leaseToken: crypto.randomUUID(),
        leaseHolderId: holder.id,
        leaseExpiresAt: new Date(Date.now() + 60_000),
      },
    });
    await add(key, about('waits', { rule: 'less', severity: 'low' }));
    expect((await stored(key, 'waits')).queueItem?.dueAt).toEqual(before?.dueAt);
    await add(key, about('waits', { rule: 'more', severity: 'critical', category: 'malware' }));
    const after = (await stored(key, 'waits')).queueItem;
    expect(after).toMatchObject({ severity: 'critical', category: 'malware', leaseHolderId: holder.id });
    expect(after && before && after.dueAt < before.dueAt).toBe(true);
    expect((await events(after?.interactionId ?? '')).map(({ queue }) => queue)).toEqual([
      'unchanged',
      'moved',
    ]);
  });

  it('puts it where the queues say, and takes it to another when a later finding meets that', async () => {
    const queue = (key: string, position: number, conditions: object, requiredReviews: number) => ({
      id: newId(),
      key,
      name: key,
      position,
      conditions,
      requiredReviews,
    });
    const [severe, scanned] = [
      queue('severe', -2, { severity: ['critical'], language: ['cobol'] }, 3),
      queue('scanned', -1, { detector: ['CodeQL'], language: ['cobol'] }, 2),
    ];
    await db.queue.createMany({ data: [severe, scanned] });
    const key = await machine(['ingest']);
    await ingest(key, row('routed', { language: 'cobol' }));
    await add(key, about('routed', { detector: 'gosec' }));
    expect((await stored(key, 'routed')).queueItem).toMatchObject({ queueId: DEFAULT_QUEUE_ID });
    await add(key, about('routed', { severity: 'low' }));
    expect((await stored(key, 'routed')).queueItem).toMatchObject({
      queueId: scanned.id,
      reviewsNeeded: 2,
      severity: 'medium',
    });
    await add(key, about('routed', { rule: 'worse', severity: 'critical' }));
    const { id, queueItem } = await stored(key, 'routed');
    expect(queueItem).toMatchObject({ queueId: severe.id, reviewsNeeded: 3, severity: 'critical' });
    expect((await events(id)).map(({ queue: said }) => said)).toEqual(['joined', 'moved', 'moved']);
  });

  it('leaves a decided item decided and says that the finding came afterwards', async () => {
    const key = await machine(['ingest']);
    await ingest(key, row('done', { findings: [finding()] }));
    const { id } = await stored(key, 'done');
    await db.queueItem.update({
      where: { interactionId: id },
      data: { state: 'decided', verdict: 'benign' },
    });
    await add(key, about('done', { rule: 'later', severity: 'critical' }));
    expect((await stored(key, 'done')).queueItem).toMatchObject({
      state: 'decided',
      verdict: 'benign',
      severity: 'medium',
    });
    expect(await events(id)).toMatchObject([{ queue: 'decided' }]);
  });

  it('keeps control samples out of the queue', async () => {
    const key = await machine(['ingest']);
    await ingest(key, row('control', { control: true }));
    expect(await add(key, about('control'))).toMatchObject([{ status: 'added' }]);
    expect((await stored(key, 'control')).queueItem).toBeNull();
  });

  it('changes nothing the second time, inside one call too, and not after the text was erased', async () => {
    const key = await machine(['ingest']);
    await ingest(key, row('twice'));
    const said = { ...about('twice'), region: { startLine: 2 } };
    expect((await add(key, said, said)).map(({ status }) => status)).toEqual(['added', 'duplicate']);
    expect((await add(key, said)).map(({ status }) => status)).toEqual(['duplicate']);
    const { id } = await stored(key, 'twice');
    expect(await events(id)).toHaveLength(1);
    await db.interaction.update({
      where: { id },
      data: { prompt: '', completion: '', before: null, erasedAt: new Date(), erasedFor: 'request' },
    });
    expect((await add(key, said)).map(({ status }) => status)).toEqual(['duplicate']);
  });

  it('takes turns: many reports at once about one interaction each find their position', async () => {
    const key = await machine(['ingest']);
    await ingest(key, row('busy'), row('busy-2'));
    const reports = Array.from({ length: 12 }, (_, n) =>
      n % 2 === 0
        ? add(
            key,
            about('busy', { rule: `r${n}` }),
            about('busy-2', { rule: `r${n}` }),
            about('busy', { rule: 'same' }),
          )
        : add(
            key,
            about('busy-2', { rule: `r${n}` }),
            about('busy', { rule: `r${n}` }),
            about('busy', { rule: 'same' }),
          ),
    );
    const answers = (await Promise.all(reports)).flat();
    expect(answers.filter(({ status }) => status === 'added')).toHaveLength(25);
    expect(answers.filter(({ status }) => status === 'duplicate')).toHaveLength(11);
    const { findings, queueItem } = await stored(key, 'busy');
    expect(findings.map(({ position }) => position)).toEqual(Array.from({ length: 13 }, (_, n) => n));
    expect(queueItem?.state).toBe('pending');
  });

  it('answers for what it cannot find, for a path that is not one interaction, and for too many', async () => {
    const key = await machine(['ingest']);
    await ingest(key, row('p1', { path: 'same.py' }), row('p2', { path: 'same.py' }), row('full'));
    expect(
      await add(key, about('nowhere'), { targets: [{ by: 'path', value: 'same.py' }], finding: finding() }),
    ).toMatchObject([
      { status: 'unknown', why: `${key.source} has no interaction nowhere.` },
      { status: 'refused', why: expect.stringContaining('2 interactions') },
    ]);
    const many = Array.from({ length: MAX_FINDINGS + 1 }, (_, n) => about('full', { rule: `r${n}` }));
    expect((await add(key, ...many)).at(-1)).toMatchObject({
      status: 'refused',
      why: expect.stringContaining('500'),
    });
  });

  it('stays in its own source unless another is named', async () => {
    const [gateway, scanner] = [await machine(['ingest']), await machine(['ingest'])];
    await ingest(gateway, row('theirs'));
    expect(await add(scanner, about('theirs'))).toMatchObject([{ status: 'unknown' }]);
    const input = { source: gateway.source, mapping: 'sarif/1', findings: [about('theirs')] };
    expect(await addFindings(scanner, input)).toMatchObject([{ status: 'added' }]);
  });

  it('is for keys that may ingest', async () => {
    await expect(add(await machine(['export']), about('x'))).rejects.toMatchObject({ code: 'forbidden' });
    await expect(add(await person('admin'), about('x'))).rejects.toMatchObject({ code: 'forbidden' });
  });
});
