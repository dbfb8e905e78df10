import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { type BenchText, benchTexts } from './engine-rules.ts';
import { quantile } from './quantile.ts';

type Engine = typeof import('#sdk/engine');
type Rules = typeof import('./engine-rules.ts');
type Decide = (text: BenchText) => boolean;

const ROOT = path.resolve(import.meta.dirname, '..');
const optionsSchema = z.strictObject({
  /** Another checkout of this project with its packages installed, such as one of the release before. */
  other: z.string().refine((folder) => existsSync(path.join(folder, 'sdk/src/engine.ts')), {
    error: 'is no checkout of Stopgap',
  }),
  texts: z.coerce.number().int().min(50).max(10_000).default(1_000),
  /** Numbers of rules, separated by commas. */
  rules: z
    .string()
    .regex(/^\d+(,\d+)*$/)
    .default('10,100,1000'),
});

const now = new Date();
const round = (value: number | null) => Number((value ?? 0).toPrecision(3));

/** The engine of a checkout with the rules that its own bench makes from the texts. */
async function decider(folder: string, count: number, texts: readonly BenchText[]): Promise<Decide> {
  const load = (file: string) => import(pathToFileURL(path.resolve(folder, file)).href);
  const { compileRules, evaluate } = (await load('sdk/src/engine.ts')) as Engine;
  const { benchRules } = (await load('bench/engine-rules.ts')) as Rules;
  const compiled = compileRules(benchRules(count, texts));
  return ({ completion, language }) => evaluate(compiled, { completion, language }, now).verdict !== 'allow';
}

/**
 * Two engines in one process, text by text in turns, so that both meet the same machine. Microseconds per text of 2 KB
 * that neither has seen; `ratio` is this checkout's over the other's, `p50OfRatios` that of the single texts.
 */
async function stage(count: number, other: string, texts: readonly BenchText[], warm: readonly BenchText[]) {
  console.error(`${count} rules`);
  const engines = [await decider(ROOT, count, texts), await decider(other, count, texts)] as const;
  const samples: [number[], number[]] = [[], []];
  let different = 0;
  const decide = (text: BenchText, at: number) => {
    const verdicts = [false, false];
    for (const turn of [at % 2, 1 - (at % 2)] as (0 | 1)[]) {
      const start = performance.now();
      verdicts[turn] = engines[turn](text);
      samples[turn].push((performance.now() - start) * 1_000);
    }
    if (verdicts[0] !== verdicts[1]) different++;
  };
  warm.forEach(decide);
  for (const each of samples) each.length = 0;
  different = 0;
  texts.forEach(decide);
  const [own, theirs] = samples;
  const p50 = [own, theirs].map((each) => quantile([...each], 0.5));
  return {
    rules: count,
    p50: round(p50[0] ?? null),
    p50Other: round(p50[1] ?? null),
    ratio: round((p50[0] ?? 0) / (p50[1] ?? 1)),
    p50OfRatios: round(
      quantile(
        own.map((each, at) => each / (theirs[at] ?? 1)),
        0.5,
      ),
    ),
    different,
  };
}

export async function run(input: Record<string, string>) {
  const { other, texts: count, rules } = optionsSchema.parse(input);
  const { texts: all, real } = benchTexts(count + 300);
  const [warm, texts] = [all.slice(0, 300), all.slice(300)];
  const stages: Awaited<ReturnType<typeof stage>>[] = [];
  for (const each of rules.split(',').map(Number)) stages.push(await stage(each, other, texts, warm));
  return { unit: 'microseconds per text', realTexts: real, stages };
}
