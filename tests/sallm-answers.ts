import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Arrival } from '#lib/clusters/arrivals';
import { Plan } from '#lib/clusters/plan';
import { scopeOf } from '#lib/clusters/scope';
import { shapeOf } from '#lib/clusters/shape';
import { realRows } from './real-data.ts';

/** A flagged answer of a model to a task of SALLM, with the rule of its worst finding. */
export type Answer = { id: string; task: string; rule: string; text: string };

type Run = {
  model: string;
  temperature: number;
  task: string;
  sample: number;
  answer: string | null;
  findings: { rule: string; severity: string }[];
};

const place = (name: string) => path.resolve(import.meta.dirname, '../../shared/data', name);

export const hasRuns = existsSync(place('sallm-runs.ndjson.gz'));

function readLines<Line>(name: string): Line[] {
  const lines = gunzipSync(readFileSync(place(name)))
    .toString('utf8')
    .split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Line);
}

/** `s2e-lab/SALLM/<model>_<temperature>/<task>#<sample>` */
export const taskOf = (id: string) => id.split('/').at(-1)?.split('#')[0] ?? '';

/** The answers of SALLM in the collection of flagged interactions: 1,500, few of each model. */
export function flaggedAnswers(): Answer[] {
  return realRows().flatMap(({ id, completion, findings }) =>
    id.startsWith('s2e-lab/SALLM/')
      ? [{ id, task: taskOf(id), rule: findings[0]?.detector ?? '', text: completion }]
      : [],
  );
}

/** The flagged answers of all 28 runs: ten of every model and temperature to every task, many of them alike. */
export function runAnswers(): Answer[] {
  return readLines<Run>('sallm-runs.ndjson.gz').flatMap(
    ({ model, temperature, task, sample, answer, findings }) => {
      const worst = findings.find(({ severity }) => severity === 'high') ?? findings[0];
      if (answer === null || !worst) return [];
      return [{ id: `${model}_${temperature}/${task}#${sample}`, task, rule: worst.rule, text: answer }];
    },
  );
}

/** Each task under one name for all whose prompts have at least four of five words in common: SALLM has such twins. */
export function promptNames(): Map<string, string> {
  const tasks = readLines<{ task: string; prompt: string }>('sallm-tasks.ndjson.gz');
  const names = new Map<string, string>();
  const seen: { name: string; words: Set<string> }[] = [];
  for (const { task, prompt } of tasks) {
    const words = new Set(prompt.match(/\w+/g));
    const twin = seen.find((other) => {
      const shared = [...words].filter((word) => other.words.has(word)).length;
      return shared / (words.size + other.words.size - shared) >= 0.8;
    });
    const name = twin?.name ?? task;
    names.set(task, name);
    seen.push({ name, words });
  }
  return names;
}

/** An answer as the analysis sees it, to be put into clusters as often as wanted. */
export function arrivalOfAnswer({ id, rule, text }: Answer): Arrival {
  return {
    interactionId: id,
    scope: scopeOf({ detector: 'codeql', rule, category: 'insecure_code' }, 'python'),
    shape: shapeOf(text, 'python'),
    receivedAt: new Date(0),
  };
}

/** The cluster of every arrival, in order, as the analysis would put them, without a database. */
export function clustered(arrivals: Arrival[], threshold: number): string[] {
  const plan = new Plan(threshold);
  for (const arrival of arrivals) plan.place(arrival);
  return plan.members.map(({ clusterId }) => clusterId);
}

const pairs = (groups: Map<string, unknown[]>) =>
  [...groups.values()].reduce((sum, { length }) => sum + (length * (length - 1)) / 2, 0);

/**
 * Two answers belong together when they answer one task and are accused by one rule: answers under two rules need two
 * decisions, so nobody asks for them in one cluster. Precision: of the pairs in one cluster those that belong together;
 * recall: of the pairs that belong together those in one cluster.
 */
export function pairQuality(answers: { rule: string; task: string; cluster: string }[]) {
  const together = pairs(Map.groupBy(answers, ({ cluster }) => cluster));
  const belong = pairs(Map.groupBy(answers, ({ task, rule }) => `${task} ${rule}`));
  const both = pairs(Map.groupBy(answers, ({ cluster, task, rule }) => `${cluster} ${task} ${rule}`));
  const share = (part: number, whole: number) => Math.round((part / whole) * 1_000) / 1_000;
  return { precision: share(both, together), recall: share(both, belong) };
}

/** The cluster with the most answers that do not belong to its most frequent task: its answers by task. */
export function largestWrongMerge(answers: { rule: string; task: string; cluster: string }[]) {
  const clusters = [...Map.groupBy(answers, ({ cluster }) => cluster).values()].map((members) => {
    const tasks = [...Map.groupBy(members, ({ task }) => task)].sort((a, b) => b[1].length - a[1].length);
    return { rule: members[0]?.rule, wrong: members.length - (tasks[0]?.[1].length ?? 0), tasks };
  });
  const [worst] = clusters.sort((a, b) => b.wrong - a.wrong);
  return worst && { ...worst, tasks: worst.tasks.map(([task, { length }]) => `${length} of ${task}`) };
}
