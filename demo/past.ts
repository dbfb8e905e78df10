import type { Actor } from '#lib/actor';
import { readBatch } from '#lib/interactions/batch';
import { ingestInteractions } from '#lib/interactions/mutations';
import { seededRandom } from './random.ts';
import { createTraffic, type SimulatedRow } from './traffic.ts';

const DAYS = 3;
const DAY_MS = 86_400_000;
/** So many requests give some 370 that are flagged. */
const REQUESTS = 3_100;
/** More than an operator would send, so that the first back-test of a demo has a denominator. */
const CONTROL_SHARE = 0.5;
const SEED = 20_261;
const BATCH = 500;

/** Part of the ids of everything in the made-up past, so that a second run finds it there. */
export const PAST_RUN = 'past';

/** What the simulated assistant would have sent in the last days: flagged ones and a control sample. */
export async function ingestPast(machine: Actor): Promise<void> {
  const random = seededRandom(SEED);
  const traffic = createTraffic({ seed: SEED, waveAfter: Number.POSITIVE_INFINITY, runId: PAST_RUN });
  const start = Date.now() - DAYS * DAY_MS;
  const rows: (SimulatedRow & { control?: boolean })[] = [];
  for (let index = 0; index < REQUESTS; index += 1) {
    const { row, flagged } = traffic.next(Math.round(start + (index / REQUESTS) * (DAYS * DAY_MS - 60_000)));
    const control = !flagged && random() < CONTROL_SHARE;
    if (flagged || control) rows.push(control ? { ...row, control } : row);
  }
  for (let at = 0; at < rows.length; at += BATCH) {
    const batch = readBatch(Buffer.from(JSON.stringify(rows.slice(at, at + BATCH))), false);
    const { invalid, results } = await ingestInteractions(machine, batch);
    if (invalid > 0)
      throw new Error(`A made-up row was refused: ${JSON.stringify(results.find((row) => row.error))}`);
  }
}
