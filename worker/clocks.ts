import { systemActor } from '#lib/actor';
import { sequenceEvents } from '#lib/audit/sequence';
import { db } from '#lib/db';
import { errorFields, log } from '#lib/log';
import { expireMitigations } from '#lib/mitigations/mutations';
import { advanceDue } from '#lib/rollouts/mutations';
import { HEAD_EVERY_MS, signHead } from '#lib/rulesets/head';
import { runAnalysis } from './analysis.ts';
import { runBacktests } from './backtests.ts';
import { sleep, whileLeading } from './leader.ts';
import { runSearchIndex } from './search.ts';

// Arbitrary numbers that only the worker's clocks lock.
const SEQUENCE_LOCK = 5_709_110_418n;
const EXPIRY_LOCK = 5_709_110_419n;
const ROLLOUT_LOCK = 5_709_110_422n;
const HEAD_LOCK = 5_709_110_423n;

const SEQUENCE_EVERY_MS = 500;
const EXPIRY_EVERY_MS = 1_000;
const TROUBLE_MS = 2_000;

const ROLLOUT_EVERY_MS = 1_000;

/** What ticks faster than a job queue: the order of events, the end of rules at its moment, the head of the rulesets, the analysis of arrivals, back-tests. */
export function runClocks(stopped: AbortSignal): Promise<unknown> {
  return Promise.all([
    whileLeading(SEQUENCE_LOCK, (signal) => tick('sequence events', sequence, signal), stopped),
    whileLeading(EXPIRY_LOCK, (signal) => tick('expire rules', expire, signal), stopped),
    whileLeading(ROLLOUT_LOCK, (signal) => tick('advance rules', rollOut, signal), stopped),
    whileLeading(HEAD_LOCK, (signal) => tick('sign the head', head, signal), stopped),
    runAnalysis(stopped),
    runBacktests(stopped),
    runSearchIndex(stopped),
  ]);
}

/** Calls `work` again after the milliseconds it answers. A failure is logged and tried again. */
async function tick(name: string, work: () => Promise<number>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    let waitMs = TROUBLE_MS;
    try {
      waitMs = await work();
    } catch (error) {
      log('warn', `${name} failed, trying again`, errorFields(error));
    }
    await sleep(waitMs, signal);
  }
}

async function sequence(): Promise<number> {
  await sequenceEvents();
  return SEQUENCE_EVERY_MS;
}

async function rollOut(): Promise<number> {
  const { advanced, held } = await advanceDue();
  if (advanced.length + held.length > 0) log('info', 'rules went on or are held', { advanced, held });
  return ROLLOUT_EVERY_MS;
}

async function head(): Promise<number> {
  await signHead(systemActor('ruleset head'));
  return HEAD_EVERY_MS;
}

async function expire(): Promise<number> {
  const { expired } = await expireMitigations(systemActor('expiry'));
  if (expired.length > 0) log('info', 'rules expired', { expired });
  const [next] = await db.$queryRaw<{ ends: Date | null }[]>`
    SELECT min(least(expires_at, coalesce(approval_due_at, expires_at))) AS ends FROM mitigation WHERE state = 'live'`;
  const untilNext = next?.ends ? next.ends.getTime() - Date.now() + 1 : EXPIRY_EVERY_MS;
  return Math.min(EXPIRY_EVERY_MS, Math.max(untilNext, 1));
}
