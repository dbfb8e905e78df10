import { afterAll, beforeAll, expect, test } from 'vitest';
import { db } from '#lib/db';
import { indexNext } from '#lib/search/build';
import { textMatcher } from '#sdk/engine';
import { erase, type Seeded, type Stage, seedStage, slowFigures } from '#tests/backtest-rows';
import { renderExamples } from './backtest-examples.ts';
import { runBacktest } from './backtest-run.ts';
import type { BacktestFigures, Share } from './backtest-tally.ts';
import { BUCKETS } from './backtest-tally.ts';
import { endIdleThreads } from './backtest-threads.ts';
import type { RuleDraft } from './schema.ts';

const ROWS = 4_500;
const EVIL = String.raw`evil\(\d+\)`;
let stage: Stage;

beforeAll(async () => {
  // The newest rows stay outside the index, as they do where the worker has not come to them.
  stage = await seedStage(ROWS, { rows: 500, run: async () => void (await indexNext()) });
  expect(await db.searchDocument.count()).toBe(ROWS - 500);
  // What was erased is counted apart wherever it is: before the index, after it, never in it.
  await erase(stage.rows.filter((row, index) => index % 19 === 0 && !row.erased));
});
afterAll(endIdleThreads);

const draft = (overrides: Partial<RuleDraft> = {}): RuleDraft => ({
  scope: {},
  matcher: { kind: 're2', pattern: EVIL, ignoreCase: false },
  target: 'completion',
  ...overrides,
});

const run = (rule: RuleDraft) =>
  runBacktest({
    draft: rule,
    incidentId: stage.incidentId,
    clusterId: stage.clusterId,
    signal: new AbortController().signal,
  });

test('says what the same matcher finds outside the scope, list by list, and nothing where nothing is narrowed', async () => {
  const all = await run(draft());
  expect(all.figures.outside).toBeNull();
  const language = stage.rows[0]?.language;
  const scope = { languages: [(language ?? '').toUpperCase()] };
  const { figures } = await run(draft({ scope }));
  const find = textMatcher(draft().matcher);
  const found = stage.rows.filter((row) => !row.erased && find(row.completion, row.language).length > 0);
  const outside = found.filter((row) => row.language.toLowerCase() !== language?.toLowerCase());
  expect(outside.length).toBeGreaterThan(0);
  expect(figures.outside?.hits).toBe(outside.length);
  expect(figures.outside?.missing.map(({ field }) => field)).toEqual(['languages']);
  const values = figures.outside?.missing[0]?.values ?? [];
  const other = outside[0]?.language;
  expect(values.find(({ value }) => value === other?.toLowerCase())?.hits).toBe(
    outside.filter((row) => row.language === other).length,
  );
  // Taking every value in leaves nothing outside.
  const wider = { languages: [language ?? '', ...values.map(({ value }) => value)] };
  const taken = await run(draft({ scope: wider }));
  expect(taken.figures.outside).toEqual({ hits: 0, missing: [] });
});

/** Like the engine, but without it: the matcher on each text, and the scope by hand. */
function slowly(rule: RuleDraft) {
  const find = textMatcher(rule.matcher);
  const { scope, target } = rule;
  const allows = (list: readonly string[] | undefined, value: string | null) =>
    !list || list.length === 0 || (value !== null && list.includes(value));
  const inScope = (row: Seeded) =>
    allows(scope.models, row.modelName) &&
    allows(scope.versions, row.modelVersion) &&
    allows(scope.tenants, row.tenant) &&
    allows(scope.tiers, row.tier) &&
    allows(scope.surfaces, row.surface) &&
    allows(
      scope.languages?.map((language) => language.toLowerCase()),
      row.language.toLowerCase(),
    );
  const when = rule.when === undefined || rule.when === null ? () => true : WHEN[rule.when];
  return slowFigures(stage.rows, inScope, (row) => {
    const texts = [
      ...(target === 'completion' ? [] : [row.prompt]),
      ...(target === 'prompt' ? [] : [row.completion]),
    ];
    return (when?.(row) ?? false) && texts.some((text) => text !== '' && find(text, row.language).length > 0);
  });
}

const slow = (rule: RuleDraft) => {
  const { judged: _, ...shares } = slowly(rule);
  return shares;
};

const WHEN: Record<string, (row: Seeded) => boolean> = {
  'prompt_length > 15 && tier == "business"': (row) => row.prompt.length > 15 && row.tier === 'business',
};

const plain = ({ hits, total, erased }: Share) => ({ hits, total, erased });
const figuresOf = ({ incident, cluster, harmful, notHarmful, pending }: BacktestFigures) => ({
  incident: plain(incident),
  cluster: cluster && plain(cluster),
  harmful: plain(harmful),
  reviewed: plain(notHarmful.reviewed),
  control: plain(notHarmful.control),
  pending: plain(pending),
});

const literal = (text: string, ignoreCase = false) => ({ kind: 'literal', text, ignoreCase }) as const;
const re2 = (pattern: string, ignoreCase = false) => ({ kind: 're2', pattern, ignoreCase }) as const;

const RULES: [string, Partial<RuleDraft>][] = [
  ['a pattern with a literal', {}],
  ['a pattern without one', { matcher: re2(String.raw`\d{2}`) }],
  ['a pattern in any case', { matcher: re2(String.raw`EVIL\(\d`, true) }],
  [
    'a pattern of alternatives',
    { matcher: re2(String.raw`(evil|subprocess|ſecret)\b`, true), target: 'both' },
  ],
  ['a literal', { matcher: literal('evil(3') }],
  ['a literal in any case', { matcher: literal('key = SECRET', true), target: 'both' }],
  ['a literal beyond ASCII', { matcher: literal('İstanbul') }],
  ['a literal of one character', { matcher: literal('x') }],
  ['a literal with white space', { matcher: literal('x = 1\nevil') }],
  ['a literal that is nowhere', { matcher: literal('nowhere at all') }],
  [
    'phrases',
    { matcher: { kind: 'phrases', phrases: ['Ignore ALL previous instructions'] }, target: 'both' },
  ],
  [
    'several phrases',
    { matcher: { kind: 'phrases', phrases: ['please run', 'ｉgnore 🙂'] }, target: 'both' },
  ],
  ['a package', { matcher: { kind: 'imports', packages: ['requests-evil'] } }],
  ['packages', { matcher: { kind: 'imports', packages: ['requests-evil', 'os'] } }],
  ['everything', { matcher: { kind: 'any' } }],
  ['a code shape', { matcher: { kind: 'shape', pattern: 'evil($A)', language: 'python' } }],
  [
    'a scope',
    { scope: { languages: ['PYTHON'], tenants: ['tenant-1', 'tenant-2'] }, matcher: literal('evil(') },
  ],
  ['a scope of one model', { scope: { models: ['codex-sim'], surfaces: ['inline'], features: ['agent'] } }],
  ['a scope that nothing is in', { scope: { tenants: ['nobody'] } }],
  ['a condition', { when: 'prompt_length > 15 && tier == "business"' }],
];

test.each(RULES)(
  'counts what a slow reading of every row counts: %s',
  async (_, overrides) => {
    const rule = draft(overrides);
    const { figures } = await run(rule);
    const { judged, ...expected } = slowly(rule);
    expect(figuresOf(figures)).toEqual(expected);
    expect([figures.scanned, figures.erased]).toEqual([judged.total, judged.erased]);
    // Every text is parsed twice for a shape, once by either way of counting.
  },
  180_000,
);

test('reads only what the index cannot rule out, and what it does not hold', async () => {
  const seldom = stage.rows.filter((row) => row.completion.includes('evil(3)') && !row.erased);
  const { figures } = await run(draft({ matcher: literal('evil(3)') }));
  expect(figures.read.indexed).toBe(true);
  expect(figures.read.texts).toBeGreaterThanOrEqual(seldom.length);
  expect(figures.read.texts).toBeLessThan(ROWS / 2);
  const all = await run(draft({ matcher: re2(String.raw`\d{2}`) }));
  expect(all.figures.read).toEqual({ texts: stage.rows.filter((row) => !row.erased).length, indexed: false });
});

test('no figure tells what the index knows of a masked text', async () => {
  const row = stage.rows.find(({ completion, erased }) => !erased && completion.includes('evil(3)'));
  if (!row) throw new Error('nothing to mask');
  const start = row.completion.indexOf('evil(3)');
  const texts = async () => {
    const { figures } = await runBacktest({
      draft: draft({ matcher: literal('evil(3)') }),
      incidentId: null,
      clusterId: null,
      signal: new AbortController().signal,
    });
    return figures.read.texts;
  };
  const before = await texts();
  await db.secret.create({
    data: { interactionId: row.id, field: 'completion', start, end: start + 7, rule: 'a-key' },
  });
  expect(await texts()).toBe(before - 1);
  await db.secret.deleteMany({ where: { interactionId: row.id } });
});

test('no hit among what is not harmful still leaves three in N; no data leaves nothing to say', async () => {
  const { figures } = await run(draft({ matcher: literal('nowhere at all') }));
  const { notHarmful } = figures;
  expect(notHarmful).toMatchObject({ hits: 0, low: 0, upperBound95: 3 / notHarmful.total });
  const nobody = await run(draft({ scope: { tenants: ['nobody'] } }));
  expect(nobody.figures.notHarmful).toMatchObject({ total: 0, low: null, high: null, upperBound95: null });
  const some = (await run(draft())).figures.harmful;
  const share = some.hits / some.total;
  expect(some.low).toBeLessThan(share);
  expect(some.high).toBeGreaterThan(share);
});

test('shows at most twenty examples, worst first, no text twice, with what was hit', async () => {
  const { examples, figures } = await run(draft());
  expect(examples).toHaveLength(20);
  const order = examples.map(({ bucket }) => BUCKETS.indexOf(bucket));
  expect(order).toEqual([...order].sort((a, b) => a - b));
  expect(order[0]).toBe(0);
  const shown = await renderExamples(draft(), examples);
  expect(new Set(shown.map(({ excerpt }) => excerpt.text)).size).toBe(20);
  for (const { excerpt } of shown) {
    const [span] = excerpt.spans;
    expect(excerpt.text.slice(span?.start, span?.end)).toMatch(/^evil\(\d+\)$/);
  }
  expect(examples.every(({ same }) => same >= 1 && same <= figures.scanned)).toBe(true);
});

test('a text that is erased after the run is in no example of it', async () => {
  const { examples } = await run(draft());
  const [first] = examples;
  const gone = stage.rows.find(({ id }) => id === first?.interactionId);
  if (!gone) throw new Error('an example of no row');
  await erase([gone]);
  expect(await renderExamples(draft(), examples)).toHaveLength(examples.length - 1);
});

test('ends at once when nobody wants it any more, and the next one runs', async () => {
  const stop = new AbortController();
  const running = runBacktest({
    draft: draft(),
    incidentId: null,
    clusterId: null,
    signal: stop.signal,
    onProgress: () => stop.abort(new Error('enough')),
  });
  await expect(running).rejects.toThrow('enough');
  expect(figuresOf((await run(draft())).figures)).toEqual(slow(draft()));
});

test('an index that grows beneath a run makes no difference to it', async () => {
  const rule = draft({ matcher: literal('evil(') });
  const expected = slow(rule);
  for (let round = 0; round < 5; round++) {
    await db.$executeRaw`TRUNCATE search_document, search_page, search_segment, search_erasure`;
    const growing = indexNext();
    const { figures } = await run(rule);
    expect(figuresOf(figures)).toEqual(expected);
    await growing;
  }
});

test('naming a cluster or an incident moves no harmless traffic out of sight', async () => {
  const rule = draft({ matcher: { kind: 'any' } });
  const signal = new AbortController().signal;
  const honest = await runBacktest({ draft: rule, incidentId: null, clusterId: null, signal });
  const { figures } = await run(rule);
  expect(
    stage.rows.some((row) => (row.linked || row.member) && (row.control || row.verdict === 'benign')),
  ).toBe(true);
  expect(figures.notHarmful).toEqual(honest.figures.notHarmful);
});
