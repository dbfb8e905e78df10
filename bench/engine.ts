import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { z } from 'zod';
import { automataBytes } from '#sdk/automata';
import { type CompiledRules, compileRules, evaluate, findHits, RuleCache } from '#sdk/engine';
import type { Rule } from '#sdk/rule';
import { referenceHits } from '#sdk/testing/reference';
import { type Hostile, hostileCases, packageCase } from './engine-hostile.ts';
import { rivals } from './engine-rivals.ts';
import { type BenchText, benchRules, benchTexts } from './engine-rules.ts';
import { streamStages } from './engine-streams.ts';
import { quantile } from './quantile.ts';

const optionsSchema = z.strictObject({
  texts: z.coerce.number().int().min(50).max(10_000).default(1_000),
  /** Numbers of rules, separated by commas. */
  rules: z
    .string()
    .regex(/^\d+(,\d+)*$/)
    .default('10,100,1000,5000'),
  /** What to measure: everything, the numbers of rules, what is hostile, or streams alone. */
  only: z.enum(['all', 'rules', 'hostile', 'streams']).default('all'),
});

const round = (value: number) => Math.round(value * 10) / 10;
const mean = (samples: readonly number[]) => samples.reduce((sum, each) => sum + each, 0) / samples.length;
const now = new Date();
// Memory is told after a full collection.
setFlagsFromString('--expose-gc');

/** Microseconds per text, each text once and in the order given. */
function figures(samples: readonly number[]) {
  const all = [...samples];
  return {
    texts: all.length,
    p50: round(quantile(all, 0.5) ?? 0),
    mean: round(mean(all)),
    p99: round(quantile(all, 0.99) ?? 0),
    max: round(quantile(all, 1) ?? 0),
  };
}

function heapMb(): number {
  const collect = runInNewContext('gc') as () => void;
  // Twice: what has finalizers goes with the second.
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 1024 / 1024;
}

function time(compiled: CompiledRules, texts: readonly BenchText[]): number[] {
  return texts.map(({ completion, language }) => {
    const start = performance.now();
    evaluate(compiled, { completion, language }, now);
    return (performance.now() - start) * 1_000;
  });
}

/** Rules that hit, by their places, as the plain loop has it and as the engine has it: the same on every text. */
function compare(rules: readonly Rule[], compiled: CompiledRules, texts: readonly BenchText[], most: number) {
  const checked = texts.slice(0, most);
  let hits = 0;
  let different = 0;
  for (const { completion, language } of checked) {
    const request = { completion, language };
    const expected = referenceHits(rules, request, now).map(({ id }) => id);
    const found = findHits(compiled, request, now, { bare: true }).map(({ id }) => id);
    hits += expected.length;
    if (expected.join() !== found.join()) different++;
  }
  return { texts: checked.length, hits, different };
}

async function stage(count: number, texts: readonly BenchText[], warm: readonly BenchText[]) {
  console.error(`${count} rules`);
  const rules = benchRules(count, texts);
  const before = heapMb();
  const cache = new RuleCache();
  let start = performance.now();
  const compiled = compileRules(rules, { cache });
  const compileMs = round(performance.now() - start);
  const compiledMb = round(heapMb() - before);
  start = performance.now();
  compileRules([...rules, ...benchRules(1, warm)], { cache });
  const oneMoreMs = round(performance.now() - start);
  // The code is warm, the texts are not: none of those measured was seen.
  time(compiled, warm);
  const engine = figures(time(compiled, texts));
  const short = figures(
    time(
      compiled,
      texts.map((text) => ({ ...text, completion: text.completion.slice(500, 550) })),
    ),
  );
  const runMb = round(heapMb() - before);
  const beside: Record<string, unknown> = {};
  // The loop of JavaScript's own expressions sees every text, so verdicts are compared on all of them.
  let differentOfAll = 0;
  const placeOf = new Map(rules.map(({ id }, place) => [id, place]));
  for (const rival of rivals(rules)) {
    const samples: number[] = [];
    let different = 0;
    for (const { completion } of warm.slice(0, Math.max(5, rival.texts / 20))) await rival.hits(completion);
    for (const { completion, language } of texts.slice(0, rival.texts)) {
      const begin = performance.now();
      const hits = await rival.hits(completion);
      samples.push((performance.now() - begin) * 1_000);
      const found = findHits(compiled, { completion, language }, now, { bare: true });
      if (found.map(({ id }) => placeOf.get(id)).join() !== hits.join()) different++;
    }
    const own = figures(samples);
    beside[rival.name] = { ...own, slowerByMean: round(own.mean / engine.mean), different };
    if (rival.texts >= texts.length) differentOfAll += different;
  }
  // The plain loop compiles every rule for every text: minutes for all.
  const verdicts = compare(rules, compiled, texts, Math.max(5, Math.round(20_000 / count)));
  // Megabytes: rules and tables, what a run over all texts left, and of both the shared tables and re2js' automata.
  const memoryMb = {
    compiled: compiledMb,
    afterRun: runMb,
    sharedTables: round(compiled.sweep.bytes / 1024 / 1024),
    automata: round(automataBytes() / 1024 / 1024),
  };
  return {
    rules: count,
    engine,
    short50: short,
    compileMs,
    oneMoreMs,
    memoryMb,
    beside,
    verdicts,
    differentOfAll,
  };
}

const units = (texts: readonly BenchText[]) =>
  texts.reduce((sum, { completion }) => sum + completion.length, 0);

/** Microseconds that the thread was at work per KB of text: another load on the machine does not count. */
function workPerKb(compiled: CompiledRules, texts: readonly BenchText[]): number {
  const before = process.threadCpuUsage();
  time(compiled, texts);
  const { user, system } = process.threadCpuUsage(before);
  return round((user + system) / (units(texts) / 1_024));
}

/**
 * What a hostile text costs beside ordinary ones under the same rules, both per KB: a long text may cost as much more
 * as it is longer. The first half of the texts warms the code, the second, not seen before, is measured.
 */
const hostileStage = ({ name, rules, texts }: Hostile, ordinary: readonly BenchText[]) => {
  console.error(`hostile: ${name}`);
  const compiled = compileRules(rules);
  const perKb = (samples: readonly number[], of: readonly BenchText[]) =>
    quantile(
      samples.map((each, at) => each / ((of[at]?.completion.length ?? 1) / 1_024)),
      0.5,
    ) ?? 0;
  const [warm, measured] = [texts.slice(0, texts.length / 2), texts.slice(texts.length / 2)];
  time(compiled, warm);
  const samples = time(compiled, measured);
  const usPerKb = perKb(samples, measured);
  const plain = perKb(time(compiled, ordinary), ordinary);
  return {
    name,
    rules: rules.length,
    textKb: round(units(measured) / measured.length / 1_024),
    usPerText: figures(samples),
    usPerKb: round(usPerKb),
    workUsPerKb: workPerKb(compiled, measured),
    ordinaryUsPerKb: round(plain),
    timesOrdinarySameRules: round(usPerKb / plain),
  };
};

/** Per KB, the median over ordinary texts of 2 KB under 1,000 rules: what hostile texts are held against. */
function medianPerKb(texts: readonly BenchText[], warm: readonly BenchText[]) {
  const compiled = compileRules(benchRules(1_000, texts));
  time(compiled, warm);
  const samples = time(compiled, texts).map(
    (each, at) => each / ((texts[at]?.completion.length ?? 1) / 1_024),
  );
  return { usPerKb: round(quantile(samples, 0.5) ?? 0), workUsPerKb: workPerKb(compiled, texts) };
}

/** Microseconds per text; verdicts are compared on a part of the texts, whose number is in `verdicts`. */
export async function run(input: Record<string, string>) {
  const options = optionsSchema.parse(input);
  const { texts: all, real } = benchTexts(options.texts + 300);
  const [warm, texts] = [all.slice(0, 300), all.slice(300)];
  const measures = (what: typeof options.only) => options.only === 'all' || options.only === what;
  const counts = measures('rules') ? options.rules.split(',').map(Number) : [];
  const stages: Awaited<ReturnType<typeof stage>>[] = [];
  for (const count of counts) stages.push(await stage(count, texts, warm));
  const [ten, thousand] = [10, 1_000].map((count) => stages.find(({ rules }) => rules === count));
  const median = medianPerKb(texts, warm);
  const hostile = measures('hostile') ? hostileCases(texts).map((each) => hostileStage(each, warm)) : [];
  const streams = measures('streams') ? streamStages(texts) : [];
  const loop = thousand?.beside.jsRegExpLoop as { slowerByMean: number } | undefined;
  return {
    unit: 'microseconds per text of 2 KB seen once',
    texts: { count: texts.length, real },
    stages,
    packages: figures(time(compileRules([packageCase()]), texts)),
    median,
    hostile: hostile.map((each) => ({ ...each, timesMedian: round(each.usPerKb / median.usPerKb) })),
    streams,
    bars: {
      ...(thousand &&
        ten && {
          p50AtMost100: thousand.engine.p50,
          meanAtMost200: thousand.engine.mean,
          loopAtLeast10Times: loop?.slowerByMean,
          atMost5TimesTenRules: round(thousand.engine.mean / ten.engine.mean),
          atMost5TimesTenRulesP50: round(thousand.engine.p50 / ten.engine.p50),
          differentVerdicts: stages.reduce(
            (sum, { verdicts, differentOfAll }) => sum + verdicts.different + differentOfAll,
            0,
          ),
        }),
      hostileAtMost20TimesMedian: Math.max(
        0,
        ...hostile.map(({ usPerKb }) => round(usPerKb / median.usPerKb)),
      ),
      streamedJsonAtMost3TimesPlain: Math.max(0, ...streams.map(({ timesPlain }) => timesPlain)),
    },
  };
}
