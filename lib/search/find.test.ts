import { expect, test } from 'vitest';
import type { Actor } from '#lib/actor';
import { db } from '#lib/db';
import { newId } from '#lib/ids';
import { listInteractions, termsOf } from '#lib/interactions/queries';
import { listInteractionsSchema } from '#lib/interactions/schema';
import { eraseTexts } from '#lib/retention/erase-texts';
import { clusterOf, flagged, machine, person } from '#tests/fixtures';
import { indexNext } from './build.ts';
import { countFound } from './counts.ts';
import { findPage } from './find.ts';
import { searchInteractions } from './mutations.ts';
import { countInteractions, seenValues } from './queries.ts';
import { readQuery } from './query.ts';

const filters = (query: string, more: object = {}) =>
  listInteractionsSchema.parse({ query, limit: 200, ...more });
const terms = (line: string) => {
  const read = readQuery(line);
  expect(read.problems).toEqual([]);
  return read.terms;
};
/** Which of the ids a query finds, in the ids' order. */
async function finds(query: string, ids: string[], actor?: Actor): Promise<number[]> {
  const { items } = await listInteractions(actor ?? (await person('auditor')), filters(query));
  return ids.flatMap((id, index) => (items.some((row) => row.id === id) ? [index] : []));
}

test('every key finds what has it, and its negation what has not', async () => {
  const ids = [
    await flagged({
      language: 'Python',
      severity: 'critical',
      category: 'secret',
      tenant: 'acme-1',
      prompt: 'find the Numbat',
    }),
    await flagged({
      language: 'go',
      severity: 'low',
      tenant: 'acme 2',
      completion: 'numbat_call("x")\n  return  1',
    }),
    await flagged({ language: 'go', severity: 'high', tenant: 'acme-3', completion: 'wallaby(2)' }),
  ];
  const cluster = await clusterOf(ids.slice(0, 2), ids.slice(0, 2));
  const [shape] = await db.clusterMember.findMany({ where: { interactionId: ids[0] ?? '' } });
  await db.clusterShape.update({
    where: { id: shape?.shapeId ?? '' },
    data: { features: ['call:numbat_call', 'host:evil.example', 'package:left-pad'] },
  });
  const incident = await db.incident.create({ data: { id: newId(), title: 'T', severity: 'sev3' } });
  await db.incidentInteraction.create({ data: { incidentId: incident.id, interactionId: ids[2] ?? '' } });
  await db.queueItem.update({
    where: { interactionId: ids[2] ?? '' },
    data: { state: 'decided', verdict: 'harmful', decidedAt: new Date('2026-01-02T10:00:00Z') },
  });
  await db.outcome.create({
    data: { interactionId: ids[1] ?? '', outcome: 'reverted', occurredAt: new Date() },
  });
  await db.finding.create({
    data: {
      interactionId: ids[1] ?? '',
      position: 1,
      detector: 'other',
      rule: 'odd one',
      category: 'malware',
      severity: 'high',
    },
  });
  const [{ actorId } = { actorId: '' }] = await db.interaction.findMany({ where: { id: ids[1] ?? '' } });
  const cases: [string, number[]][] = [
    ['numbat', [0, 1]],
    ['NUMBAT -wallaby', [0, 1]],
    ['numbat "return 1"', [1]],
    ['"return  1"', [1]],
    ['re:/numbat_\\w+\\(/', [1]],
    ['re:/Numbat|wallaby/', [0, 2]],
    ['package:left-pad', [0]],
    ['host:EVIL.example', [0]],
    ['call:numbat_call', [0]],
    ['call:numbat_call host:other.example', []],
    ['detector:other', [1]],
    ['detector:other detector:nobody', [1]],
    ['rule:"odd one"', [1]],
    ['category:secret', [0]],
    ['severity:critical severity:low', [0, 1]],
    // Of one finding: the low one is another detector's.
    ['detector:other severity:low', []],
    ['detector:other severity:high category:malware', [1]],
    ['model:codex-sim version:2026.9', [0, 1, 2]],
    ['model:other', []],
    ['language:python', [0]],
    ['surface:chat', []],
    ['tenant:"acme 2"', [1]],
    [`actor:${actorId}`, [1]],
    ['tier:business', [0, 1, 2]],
    ['source:fixture', [0, 1, 2]],
    ['outcome:reverted', [1]],
    ['state:decided', [2]],
    ['verdict:harmful', [2]],
    ['decided-after:2026-01-02 decided-before:2026-01-03', [2]],
    ['decided-after:2026-01-03', []],
    [`cluster:${cluster.ref}`, [0, 1]],
    [`incident:${incident.number}`, [2]],
    ['blocked:R-999999', []],
    ['is:flagged', [0, 1, 2]],
    ['is:control', []],
    ['after:1h', [0, 1, 2]],
    ['before:1h', []],
    ['after:2099-01-01', []],
  ];
  for (const indexed of [false, true]) {
    if (indexed) while ((await indexNext()).documents > 0);
    for (const [line, expected] of cases) {
      expect({ indexed, line, found: await finds(line, ids) }).toEqual({ indexed, line, found: expected });
      // More than one part: the negation of each is another question.
      if (terms(line).length > 1) continue;
      const others = [0, 1, 2].filter((index) => !expected.includes(index));
      expect({ indexed, line: `-${line}`, found: await finds(`-${line} source:fixture`, ids) }).toEqual({
        indexed,
        line: `-${line}`,
        found: others,
      });
    }
  }
});

test('what is masked is found by no text, indexed or not, and no result shows it', async () => {
  const token = ['ghp', 'x7Kq2mVw9RtYb4NcZ8LdHs3FgJp6QaWe1UiO'].join('_');
  const id = await flagged({ completion: `deploy(token="${token}")  # bandicoot` });
  // As ingest does: not looked at yet, so it is looked at now.
  await db.analysisTask.create({ data: { interactionId: id } });
  const auditor = await person('auditor');
  for (const indexed of [false, true]) {
    if (indexed) while ((await indexNext()).documents > 0);
    for (const line of [token, token.slice(4, 16), `re:/ghp_[A-Za-z0-9]+/`, `re:/ghp_x7.*bandicoot/`])
      expect({ line, found: await finds(line, [id]) }).toEqual({ line, found: [] });
    expect(await finds(`-${token.slice(4, 12)} bandicoot`, [id])).toEqual([0]);
    const { items } = await listInteractions(auditor, filters('bandicoot'));
    const [row] = items.filter((item) => item.id === id);
    expect(row?.match?.excerpt.text).toContain('••••••••');
    expect(JSON.stringify(items)).not.toContain(token);
    const { text, spans } = row?.match?.excerpt ?? { text: '', spans: [] };
    expect(spans.map(({ start, end }) => text.slice(start, end))).toEqual(['bandicoot']);
  }
});

test('a verdict is read once it is final, by nobody before, whoever asks and however', async () => {
  const id = await flagged({ tenant: 'blind-tenant' });
  const ana = await person('reviewer');
  await db.review.create({
    data: { id: newId(), interactionId: id, reviewerId: ana.id, verdict: 'harmful', timeSpentMs: 1 },
  });
  // Reopened: what held before is left in the row of some, and is nobody's to read.
  await db.queueItem.update({
    where: { interactionId: id },
    data: { reviewsDone: 1, reviewsNeeded: 2, verdict: 'harmful', decidedAt: new Date() },
  });
  const readers = [
    await person('reviewer'),
    await person('lead'),
    await person('commander'),
    await machine(['export']),
  ];
  for (const actor of readers) {
    expect(await finds('tenant:blind-tenant verdict:harmful', [id], actor)).toEqual([]);
    expect(await finds('tenant:blind-tenant -verdict:harmful', [id], actor)).toEqual([0]);
    expect(await finds('tenant:blind-tenant decided-after:1d', [id], actor)).toEqual([]);
    const { series } = await countInteractions(actor, terms('tenant:blind-tenant'), ['verdict']);
    expect(series.map(({ values }) => values)).toEqual([[null]]);
  }
});

test('what is erased is found by no text and by what is known of it', async () => {
  const id = await flagged({ completion: 'a lone quoll', tenant: 'gone-tenant' });
  while ((await indexNext()).documents > 0);
  expect(await finds('quoll', [id])).toEqual([0]);
  await db.$transaction((tx) => eraseTexts(tx, [id], 'request'));
  expect(await finds('quoll', [id])).toEqual([]);
  expect(await finds('tenant:gone-tenant is:erased', [id])).toEqual([0]);
});

test('pages follow each other without gap or repeat, by text and without, also when the reading stops early', async () => {
  const ids: string[] = [];
  for (let n = 0; n < 9; n += 1)
    ids.push(await flagged({ tenant: 'paged', completion: n % 2 === 0 ? `potoroo ${n}` : 'other' }));
  for (const [line, expected] of [
    ['tenant:paged', ids],
    ['tenant:paged potoroo', ids.filter((_, n) => n % 2 === 0)],
    ['tenant:paged re:/[p]otoroo/', ids.filter((_, n) => n % 2 === 0)],
  ] as const) {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await findPage(terms(line), { cursor, limit: 2 });
      seen.push(...page.found.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    expect(seen).toEqual(expected.toReversed());
  }
  await expect(findPage([], { cursor: 'nonsense', limit: 2 })).rejects.toMatchObject({ code: 'invalid' });
});

test('counts are over time without gaps, by one field or two, and say what they leave out', async () => {
  const hours = [0, 0, 1, 3];
  for (const [n, hour] of hours.entries()) {
    const id = await flagged({
      tenant: 'counted',
      language: n < 2 ? 'go' : 'python',
      severity: n === 3 ? 'low' : 'high',
    });
    const {
      meta: _,
      sampling: __,
      notShown: ___,
      ...row
    } = await db.interaction.findUniqueOrThrow({ where: { id }, include: { findings: true } });
    await db.interaction.delete({ where: { id } });
    const { findings, ...rest } = row;
    await db.interaction.create({
      data: {
        ...rest,
        receivedAt: new Date(Date.UTC(2026, 5, 1, hour, 30)),
        findings: { create: findings.map(({ interactionId: _, ...finding }) => finding) },
      },
    });
  }
  const found = await countFound(terms('tenant:counted'), ['language']);
  expect(found).toMatchObject({ total: 4, searchedTo: null });
  expect(found.series).toEqual([
    { values: ['go'], rest: false, total: 2 },
    { values: ['python'], rest: false, total: 2 },
  ]);
  expect(found.buckets.reduce((sum, { counts }) => sum + counts.reduce((a, b) => a + b, 0), 0)).toBe(4);
  expect(found.buckets[0]?.counts).toEqual([2, 0]);
  expect(found.buckets.at(-1)?.counts).toEqual([0, 1]);
  expect((found.buckets.at(-1)?.at.getTime() ?? 0) - (found.buckets[0]?.at.getTime() ?? 0)).toBe(
    (found.buckets.length - 1) * found.bucketMs,
  );
  const both = await countFound(terms('tenant:counted'), ['language', 'severity']);
  expect(both.series.map(({ values }) => values)).toEqual([
    ['go', 'high'],
    ['python', 'high'],
    ['python', 'low'],
  ]);
  expect((await countFound(terms('tenant:nobody'), ['state'])).buckets).toEqual([]);
});

test('values come from the traffic, and a key offers its words', async () => {
  await flagged({ tenant: 'Values Inc' });
  const reviewer = await person('reviewer');
  expect(await seenValues(reviewer, 'tenant', 'valu')).toEqual(['Values Inc']);
  expect(await seenValues(reviewer, 'detector', 'fix')).toEqual(['fixture']);
  expect(await seenValues(reviewer, 'host', 'evil')).toEqual(['evil.example']);
  expect(await seenValues(reviewer, 'severity', 'hi')).toEqual(['high']);
  expect(await seenValues(reviewer, 'cluster', '')).toEqual([]);
  await expect(seenValues(await machine(['ingest']), 'tenant', '')).rejects.toMatchObject({
    code: 'forbidden',
  });
});

test('a search that reads texts leaves who, when and by which keys, never the words; others leave nothing', async () => {
  const ana = await person('reviewer');
  await searchInteractions(ana, filters('tenant:secret-tenant'));
  expect(await db.event.count({ where: { actorId: ana.id } })).toBe(0);
  await searchInteractions(ana, filters('hunter2 -re:/hunter3/ tenant:secret-tenant'));
  const [event, ...others] = await db.event.findMany({ where: { actorId: ana.id } });
  expect(others).toEqual([]);
  expect(JSON.parse(event?.body ?? '{}')).toMatchObject({
    action: 'interaction.search',
    data: { keys: ['re', 'tenant', 'text'] },
  });
  expect(event?.body).not.toMatch(/hunter|secret-tenant/);
  await expect(searchInteractions(await machine(['ingest']), filters('x'))).rejects.toMatchObject({
    code: 'forbidden',
  });
  await expect(searchInteractions(ana, filters('model:'))).rejects.toMatchObject({
    code: 'invalid',
    fields: { query: expect.stringContaining('Character 7') },
  });
  expect(termsOf(filters('x', { severity: 'high' })).map(({ key }) => key)).toEqual(['text', 'severity']);
});
