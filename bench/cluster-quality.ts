import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Arrival } from '#lib/clusters/arrivals';
import { DEFAULT_REVIEW_SETTINGS } from '#lib/settings/schema';
import {
  type Answer,
  arrivalOfAnswer,
  clustered,
  flaggedAnswers,
  hasRuns,
  largestWrongMerge,
  pairQuality,
  promptNames,
  runAnswers,
} from '#tests/sallm-answers';

const optionsSchema = z.strictObject({
  also: z.coerce.number().min(0.3).max(1).default(0.5),
  /** Tasks of one draw, and how many are drawn: precision falls with the number of tasks that can be confused. */
  tasks: z.coerce.number().int().min(2).max(74).default(26),
  draws: z.coerce.number().int().min(1).max(200).default(20),
});

type Known = Answer & { prompt: string; arrival: Arrival };

/**
 * How well clusters find what belongs together (tests/sallm-answers.ts says when two answers do) in two sets of real
 * answers, at the default threshold and at another. What is tuned is tuned on the tasks of one half; the figures of the
 * other half are held out.
 */
export async function run(given: Record<string, string>): Promise<unknown> {
  const options = optionsSchema.parse(given);
  if (!hasRuns) throw new Error('There are no real answers beside the checkout: ../shared/data.');
  const thresholds = [DEFAULT_REVIEW_SETTINGS.clusterThreshold, options.also];
  const names = promptNames();
  const sets = { flagged: flaggedAnswers(), runs: runAnswers() };
  const report = Object.entries(sets).map(([name, answers]) => {
    console.error(`cluster-quality: ${answers.length} answers, ${name}`);
    const known = answers.map((answer) => ({
      ...answer,
      prompt: names.get(answer.task) ?? answer.task,
      arrival: arrivalOfAnswer(answer),
    }));
    return [name, Object.fromEntries(thresholds.map((at) => [at, measure(known, at, options)]))];
  });
  return {
    bench: 'cluster-quality',
    belongTogether: 'same task and same rule; `byPrompt`: tasks with the same prompt are one',
    ...Object.fromEntries(report),
  };
}

function measure(answers: Known[], threshold: number, { tasks, draws }: z.infer<typeof optionsSchema>) {
  const rank = (task: string, salt = '') => createHash('sha256').update(`${salt}${task}`).digest('hex');
  const tuned = (task: string) => rank(task) < '8';
  const all = [...new Set(answers.map(({ task }) => task))];
  const drawn = Array.from({ length: draws }, (_, draw) => {
    const order = all.toSorted((a, b) => (rank(a, `${draw} `) < rank(b, `${draw} `) ? -1 : 1));
    const some = new Set(order.slice(0, tasks));
    return qualityOf(
      answers.filter(({ task }) => some.has(task)),
      threshold,
    );
  });
  const middle = (figure: (one: (typeof drawn)[number]) => number) =>
    drawn.map(figure).sort((a, b) => a - b)[Math.floor(draws / 2)];
  return {
    all: { answers: answers.length, ...qualityOf(answers, threshold) },
    tunedHalf: qualityOf(
      answers.filter(({ task }) => tuned(task)),
      threshold,
    ),
    heldOutHalf: qualityOf(
      answers.filter(({ task }) => !tuned(task)),
      threshold,
    ),
    [`medianOf${draws}DrawsOf${tasks}Tasks`]: {
      precision: middle(({ precision }) => precision),
      recall: middle(({ recall }) => recall),
    },
  };
}

function qualityOf(answers: Known[], threshold: number) {
  const clusters = clustered(
    answers.map(({ arrival }) => arrival),
    threshold,
  );
  const found = answers.map(({ task, prompt, rule }, index) => ({
    task,
    prompt,
    rule,
    cluster: clusters[index] ?? '',
  }));
  return {
    clusters: new Set(clusters).size,
    ...pairQuality(found),
    byPrompt: pairQuality(found.map(({ prompt, ...one }) => ({ ...one, task: prompt }))),
    largestWrongMerge: largestWrongMerge(found),
  };
}
