import { setImmediate } from 'node:timers/promises';
import { RE2JS } from 're2js';
import { beforeAll, expect, test } from 'vitest';
import type { UserActor } from '#lib/actor';
import { db } from '#lib/db';
import { newId } from '#lib/ids';
import { machine, person } from '../../tests/fixtures.ts';
import { backtest } from './backtest.ts';
import type { RuleDraft } from './schema.ts';

let ana: UserActor;
let incidentId: string;
let reviewer: UserActor;
const ROWS = 700;

type Seeded = {
  id: string;
  language: string;
  prompt: string;
  completion: string;
  linked: boolean;
  control: boolean;
  verdict: string | null;
};
const seeded: Seeded[] = [];

/** Repeatable numbers below `below`. */
function dice(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

async function seed(count: number, random: (below: number) => number) {
  const at = Date.now() - 1_000_000;
  const rows = Array.from({ length: count }, (_, index) => ({
    id: newId(),
    language: ['python', 'Python', 'go'][random(3)] ?? 'go',
    prompt: random(5) === 0 ? 'please run evil now' : 'please help',
    completion: random(3) === 0 ? `x = ${random(40)}\nevil(${random(40)})\n` : `y = good(${random(400)})\n`,
    // Many rows of one instant: the pages must not lose those that share it.
    receivedAt: new Date(at + Math.floor(index / 300)),
    linked: random(10) === 0,
    control: random(6) === 0,
    verdict: [null, null, 'harmful', 'benign', 'unsure'][random(5)] ?? null,
  }));
  await db.interaction.createMany({
    data: rows.map(({ id, language, prompt, completion, receivedAt, control }) => ({
      id,
      source: 'backtest',
      externalId: id,
      digest: Buffer.from(id),
      occurredAt: receivedAt,
      receivedAt,
      modelName: 'codex-sim',
      modelVersion: '2026.9',
      surface: 'inline',
      language,
      actorId: 'a',
      prompt,
      completion,
      control,
    })),
  });
  await db.review.createMany({
    data: rows.flatMap(({ id, verdict }) =>
      verdict === null
        ? []
        : [{ id: newId(), interactionId: id, reviewerId: reviewer.id, verdict, timeSpentMs: 1_000 }],
    ),
  });
  const linked = rows.filter((row) => row.linked);
  await db.incidentInteraction.createMany({
    data: linked.map(({ id }) => ({ incidentId, interactionId: id })),
  });
  seeded.push(...rows);
}

beforeAll(async () => {
  ana = await person('commander');
  reviewer = await person('reviewer');
  const incident = await db.incident.create({ data: { id: newId(), title: 'T', severity: 'sev3' } });
  incidentId = incident.id;
  await seed(ROWS, dice(7));
});

const draft = (overrides: Partial<RuleDraft> = {}): RuleDraft => ({
  scope: {},
  matcher: { kind: 're2', pattern: String.raw`evil\(\d+\)`, ignoreCase: false },
  target: 'completion',
  ...overrides,
});

/** The same figures one row at a time, straight from what was seeded, without the engine. */
function reference(hit: (row: Seeded) => boolean, inScope: (row: Seeded) => boolean) {
  const count = (rows: Seeded[]) => ({ hits: rows.filter(hit).length, total: rows.length });
  const rest = seeded.filter((row) => !row.linked && inScope(row));
  const undecided = rest.filter((row) => row.verdict !== 'harmful' && row.verdict !== 'benign');
  return {
    incident: count(seeded.filter((row) => row.linked)),
    harmful: count(rest.filter((row) => row.verdict === 'harmful')),
    reviewed: count(rest.filter((row) => row.verdict === 'benign')),
    control: count(undecided.filter((row) => row.control)),
    pending: count(undecided.filter((row) => !row.control)),
  };
}

const figures = ({ incident, harmful, notHarmful, pending }: Awaited<ReturnType<typeof backtest>>) => ({
  incident,
  harmful,
  reviewed: notHarmful.reviewed,
  control: notHarmful.control,
  pending,
});

test('counts what a slow reading of every row counts', async () => {
  const pattern = RE2JS.compile(String.raw`evil\(\d+\)`);
  const result = await backtest(ana, draft(), { incidentId });
  const expected = reference(
    (row) => pattern.matcher(row.completion).find(),
    () => true,
  );
  expect(figures(result)).toEqual(expected);
  expect(expected.incident.hits).toBeGreaterThan(5);
  expect(result).toMatchObject({
    scanned: ROWS,
    capped: null,
    notHarmful: {
      hits: expected.reviewed.hits + expected.control.hits,
      total: expected.reviewed.total + expected.control.total,
      upperBound95: null,
    },
  });
});

test('keeps to the scope and target, and counts linked rows outside the scope as missed', async () => {
  const result = await backtest(
    ana,
    draft({
      scope: { languages: ['PYTHON'], labels: { region: 'eu' } },
      target: 'both',
      matcher: { kind: 'literal', text: 'EVIL', ignoreCase: true },
    }),
    { incidentId },
  );
  const python = (row: Seeded) => row.language.toLowerCase() === 'python';
  expect(figures(result)).toEqual(
    reference((row) => python(row) && `${row.prompt}${row.completion}`.includes('evil'), python),
  );
});

test('shows at most twenty examples, benign ones first, no text twice, with their spans', async () => {
  const { examples } = await backtest(ana, draft(), { incidentId });
  expect(examples).toHaveLength(20);
  expect(examples[0]?.bucket).toBe('benign');
  const order = examples.map(({ bucket }) =>
    ['benign', 'control', 'pending', 'harmful', 'incident'].indexOf(bucket),
  );
  expect(order).toEqual([...order].sort((a, b) => a - b));
  expect(new Set(examples.map(({ excerpt }) => excerpt.text)).size).toBe(20);
  for (const { excerpt } of examples) {
    const [span] = excerpt.spans;
    expect(excerpt.text.slice(span?.start, span?.end)).toMatch(/^evil\(\d+\)$/);
  }
});

test('no hit among what is not harmful still leaves three in N; no data leaves nothing to say', async () => {
  const none = draft({ matcher: { kind: 'literal', text: 'nowhere', ignoreCase: false } });
  const { notHarmful } = await backtest(ana, none, { incidentId });
  expect(notHarmful.upperBound95).toBeCloseTo(3 / notHarmful.total);
  const nobody = await backtest(ana, draft({ scope: { tenants: ['nobody'] } }));
  expect(nobody.notHarmful).toMatchObject({ hits: 0, total: 0, upperBound95: null });
});

test('says so when it stops at the row limit or runs out of time', async () => {
  const rows = await backtest(ana, draft(), { incidentId, rows: 260 });
  expect(rows).toMatchObject({ scanned: 260, capped: 'rows' });
  const exact = await backtest(ana, draft(), { incidentId, rows: ROWS });
  expect(exact).toMatchObject({ scanned: ROWS, capped: null });
  const time = await backtest(ana, draft(), { incidentId, ms: 0 });
  expect(time).toMatchObject({ scanned: 1, capped: 'time' });
});

test('refuses a rule that must not run, an actor who may not read', async () => {
  const bad = draft({ matcher: { kind: 're2', pattern: '(', ignoreCase: false } });
  await expect(backtest(ana, bad)).rejects.toMatchObject({
    code: 'invalid',
    fields: { 'matcher.pattern': expect.any(String) },
  });
  await expect(backtest(await machine(['ingest']), draft())).rejects.toMatchObject({ code: 'forbidden' });
});

test('other work of the process goes on while it reads', async () => {
  const completion = `${'pip install some words; npm i of code; '.repeat(500)}\n`;
  await db.interaction.createMany({
    data: Array.from({ length: 260 }, () => newId()).map((id) => ({
      ...{ id, externalId: id, source: 'long', digest: Buffer.from(id), occurredAt: new Date() },
      ...{ modelName: 'm', modelVersion: '1', surface: 'inline', language: 'long', actorId: 'a', prompt: '' },
      completion,
    })),
  });
  // This thread's own processor time, because a busy machine says nothing about this code.
  const cpu = () => process.threadCpuUsage().user / 1_000;
  let [longest, last, going] = [0, cpu(), true];
  const others = (async () => {
    while (going) {
      await setImmediate();
      longest = Math.max(longest, cpu() - last);
      last = cpu();
    }
  })();
  const matcher = { kind: 'imports' as const, packages: ['nowhere'] };
  const result = await backtest(ana, draft({ scope: { languages: ['long'] }, matcher }));
  going = false;
  await others;
  expect(result.scanned).toBeGreaterThan(100);
  expect(longest).toBeLessThan(80);
});
