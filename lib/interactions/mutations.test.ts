import { describe, expect, it } from 'vitest';
import { db } from '#lib/db';
import { machine, person, sentRow } from '../../tests/fixtures.ts';
import { hasRealData, realDataPlace, realRows } from '../../tests/real-data.ts';
import { readBatch } from './batch.ts';
import { ingestInteractions } from './mutations.ts';
import { getInteraction, listInteractions } from './queries.ts';

const batch = (rows: unknown[]) => readBatch(new TextEncoder().encode(JSON.stringify(rows)), false);

describe('ingestInteractions', () => {
  it('stores rows with findings, a place in the queue by the worst finding, and one event', async () => {
    const key = await machine(['ingest']);
    const rows = [
      sentRow('full', {
        path: 'app/users.py',
        actor: { id: 'u1', tier: 'business', tenant: 't1' },
        before: 'old\r\n',
        outcome: 'accepted',
        sampling: { temperature: 0.2, topP: 1, candidates: 3 },
        meta: { nested: { list: [1, null, 'x'] } },
        findings: [
          { detector: 'a', category: 'other', severity: 'low' },
          {
            detector: 'b',
            rule: 'G202',
            category: 'secret',
            severity: 'critical',
            cwe: 'CWE-89',
            message: 'm',
            start: 0,
            end: 1,
          },
        ],
      }),
      sentRow('sample', { control: true }),
      sentRow('clean', { findings: [] }),
    ];
    const answer = await ingestInteractions(key, batch(rows));
    expect(answer).toMatchObject({ created: 3, duplicates: 0, conflicts: 0, invalid: 0 });
    expect(answer.results.map(({ id, status }) => `${id} ${status}`)).toEqual([
      'full created',
      'sample created',
      'clean created',
    ]);

    const stored = await db.interaction.findFirstOrThrow({
      where: { source: key.source, externalId: 'full' },
      include: { findings: { orderBy: { position: 'asc' } }, queueItem: true },
    });
    expect(stored).toMatchObject({
      path: 'app/users.py',
      before: 'old\r\n',
      tier: 'business',
      tenant: 't1',
      outcome: 'accepted',
      sampling: { temperature: 0.2, topP: 1, candidates: 3 },
      meta: { nested: { list: [1, null, 'x'] } },
      occurredAt: new Date('2026-11-01T12:00:00Z'),
      queueItem: { state: 'pending', severity: 'critical', category: 'secret', language: 'python' },
    });
    expect(stored.findings.map(({ detector }) => detector)).toEqual(['a', 'b']);
    expect(stored.findings[1]).toMatchObject({ rule: 'G202', cwe: 'CWE-89', message: 'm', start: 0, end: 1 });
    const wait = (stored.queueItem?.dueAt.getTime() ?? 0) - stored.receivedAt.getTime();
    expect(wait).toBe(15 * 60_000);
    expect(await db.queueItem.count({ where: { interaction: { source: key.source } } })).toBe(1);

    const events = await db.event.findMany({ where: { subjectType: 'source', subjectId: key.source } });
    expect(events.map(({ action, actorId }) => [action, actorId])).toEqual([['interactions.ingest', key.id]]);
    expect(JSON.parse(events[0]?.body ?? '').data).toMatchObject({ created: 3, flagged: 1, control: 1 });
  });

  it('changes nothing and writes no event when a batch is replayed', async () => {
    const key = await machine(['ingest']);
    const rows = Array.from({ length: 20 }, (_, index) => sentRow(`r-${index}`));
    await ingestInteractions(key, batch(rows));
    const again = await ingestInteractions(key, batch(rows.toReversed()));
    expect(again).toMatchObject({ created: 0, duplicates: 20, conflicts: 0 });
    expect(await db.interaction.count({ where: { source: key.source } })).toBe(20);
    expect(await db.finding.count({ where: { interaction: { source: key.source } } })).toBe(20);
    expect(await db.event.count({ where: { subjectId: key.source } })).toBe(1);
  });

  it('calls the same id with other content a conflict, stored or inside one batch', async () => {
    const key = await machine(['ingest']);
    await ingestInteractions(key, batch([sentRow('known')]));
    const answer = await ingestInteractions(
      key,
      batch([
        sentRow('known', { completion: 'other' }),
        sentRow('new'),
        sentRow('new'),
        sentRow('new', { prompt: 'q' }),
        sentRow('known'),
      ]),
    );
    expect(answer.results.map(({ status }) => status)).toEqual([
      'conflict',
      'created',
      'duplicate',
      'conflict',
      'duplicate',
    ]);
    expect(answer.results[0]?.error?.code).toBe('conflict');
    const known = await db.interaction.findFirstOrThrow({
      where: { source: key.source, externalId: 'known' },
    });
    expect(known.completion).toBe('c');
  });

  it('keeps sources apart', async () => {
    const [first, second] = [await machine(['ingest']), await machine(['ingest'])];
    await ingestInteractions(first, batch([sentRow('same')]));
    expect(await ingestInteractions(second, batch([sentRow('same', { prompt: 'q' })]))).toMatchObject({
      created: 1,
    });
  });

  it('stores what is good beside what is not', async () => {
    const key = await machine(['ingest']);
    const answer = await ingestInteractions(
      key,
      batch([
        sentRow('good-1'),
        sentRow('nul', { completion: 'a\u0000b' }),
        sentRow('lone', { prompt: '\ud83d' }),
        { id: 5 },
        sentRow('good-2'),
      ]),
    );
    expect(answer).toMatchObject({ created: 2, invalid: 3 });
    expect(answer.results.map(({ index, id, status }) => [index, id, status])).toEqual([
      [0, 'good-1', 'created'],
      [1, 'nul', 'invalid'],
      [2, 'lone', 'invalid'],
      [3, null, 'invalid'],
      [4, 'good-2', 'created'],
    ]);
  });

  it('is for ingest keys only', async () => {
    for (const actor of [
      await machine(['export', 'respond', 'feed']),
      await person('admin'),
      await person('reviewer'),
    ]) {
      await expect(ingestInteractions(actor, batch([sentRow('x')]))).rejects.toMatchObject({
        code: 'forbidden',
      });
    }
  });

  it('ends in exactly N rows when overlapping shuffled batches race', async () => {
    const key = await machine(['ingest']);
    const all = Array.from({ length: 300 }, (_, index) => sentRow(`race-${index}`));
    const answers = await Promise.all(
      Array.from({ length: 8 }, () =>
        ingestInteractions(key, batch(all.toSorted(() => Math.random() - 0.5))),
      ),
    );
    expect(answers.reduce((sum, answer) => sum + answer.created, 0)).toBe(300);
    expect(answers.reduce((sum, answer) => sum + answer.duplicates, 0)).toBe(7 * 300);
    expect(await db.interaction.count({ where: { source: key.source } })).toBe(300);
    expect(await db.queueItem.count({ where: { interaction: { source: key.source } } })).toBe(300);
    expect(await db.finding.count({ where: { interaction: { source: key.source } } })).toBe(300);
  });

  it('leaves nothing behind when its event cannot be written', async () => {
    const key = await machine(['ingest']);
    const broken = { ...key, name: 'a\u0000' };
    await expect(ingestInteractions(broken, batch([sentRow('lost')]))).rejects.toThrow();
    expect(await db.interaction.count({ where: { source: key.source } })).toBe(0);
  });
});

describe('listInteractions and getInteraction', () => {
  it('pages through everything once, newest first, and filters', async () => {
    const key = await machine(['ingest', 'export']);
    for (const part of [0, 1, 2]) {
      await ingestInteractions(
        key,
        batch(
          Array.from({ length: 7 }, (_, index) =>
            sentRow(`l-${part}-${index}`, { language: part === 1 ? 'go' : 'rust' }),
          ),
        ),
      );
    }
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await listInteractions(key, { source: key.source, cursor, limit: 4 });
      seen.push(...page.items.map(({ externalId }) => externalId));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(new Set(seen).size).toBe(21);
    expect(seen).toHaveLength(21);
    expect(seen[0]).toMatch(/^l-2-/);

    const go = await listInteractions(key, {
      source: key.source,
      language: 'go',
      state: 'pending',
      severity: 'high',
      limit: 200,
    });
    expect(go.items).toHaveLength(7);
    const none = await listInteractions(key, { source: key.source, category: 'secret', limit: 200 });
    expect(none.items).toHaveLength(0);
    await expect(listInteractions(key, { cursor: 'nonsense', limit: 5 })).rejects.toMatchObject({
      code: 'invalid',
    });
    await expect(listInteractions(await machine(['ingest']), { limit: 5 })).rejects.toMatchObject({
      code: 'forbidden',
    });
  });

  it('answers not_found for an unknown id and for what is no id', async () => {
    const auditor = await person('auditor');
    await expect(getInteraction(auditor, crypto.randomUUID())).rejects.toMatchObject({ code: 'not_found' });
    await expect(getInteraction(auditor, "1' OR 1=1")).rejects.toMatchObject({ code: 'not_found' });
    await expect(getInteraction(await machine(['ingest']), crypto.randomUUID())).rejects.toMatchObject({
      code: 'forbidden',
    });
  });
});

describe('real records', () => {
  it.skipIf(!hasRealData)(
    `reads all 5,609 back as they were sent (skipped where ${realDataPlace} is absent)`,
    async () => {
      const key = await machine(['ingest', 'export']);
      const rows = realRows();
      expect(rows).toHaveLength(5_609);
      for (let start = 0; start < rows.length; start += 1_000) {
        const part = rows.slice(start, start + 1_000);
        expect(await ingestInteractions(key, batch(part))).toMatchObject({
          created: part.length,
          invalid: 0,
        });
      }
      const stored = await db.interaction.findMany({
        where: { source: key.source },
        include: { findings: true, queueItem: true },
      });
      const byId = new Map(stored.map((interaction) => [interaction.externalId, interaction]));
      expect(byId.size).toBe(rows.length);
      const different = rows.filter((sent) => {
        const got = byId.get(sent.id);
        const finding = got?.findings[0];
        return !(
          got?.prompt === sent.prompt &&
          got.before === sent.before &&
          got.completion === sent.completion &&
          got.language === sent.language &&
          got.queueItem?.state === 'pending' &&
          finding?.detector === sent.findings[0]?.detector &&
          finding?.cwe === sent.findings[0]?.cwe
        );
      });
      expect(different.map(({ id }) => id)).toEqual([]);
      const replay = await ingestInteractions(key, batch(rows.slice(0, 1_000)));
      expect(replay).toMatchObject({ created: 0, duplicates: 1_000, conflicts: 0 });
    },
    120_000,
  );
});
