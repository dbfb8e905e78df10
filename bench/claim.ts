import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { UserActor } from '#lib/actor';
import type { NextClaim } from '#lib/claims/mutations';
import { setEnv } from '#lib/env';
import { CATEGORIES } from '#lib/interactions/schema';
import { startPostgres } from '#lib/postgres/embedded';
import { applyMigrations } from '#lib/postgres/migrations';
import { claimNextSchema, type QueueFilters } from '#lib/reviews/schema';
import { monotonicMs } from './child.ts';
import { quantile } from './quantile.ts';

const optionsSchema = z.strictObject({
  small: z.coerce.number().int().min(10_000).max(100_000).default(10_000),
  large: z.coerce.number().int().min(20_000).max(5_000_000).default(1_000_000),
  /** Claims measured at each size; fewer for the cases beside. */
  claims: z.coerce.number().int().min(20).max(5_000).default(400),
});

/** A claim among many may cost at most so much more than among few, at p95. */
const BAR = 1.5;
const PEOPLE = 12;
const WARM_UP = 100;
/** After filling, so that what the server writes behind is written. */
const SETTLE_MS = 5_000;
const CHUNK = 50_000;

/**
 * claimNext, the whole verb with its event, at a small and at a large number of pending items in the same table, one
 * after the other, with leased, dead and skipped rows before everything that is free.
 */
export async function run(given: Record<string, string>): Promise<unknown> {
  const options = optionsSchema.parse(given);
  const loadBefore = Math.round((loadavg()[0] ?? 0) * 100) / 100;
  const dataDir = await mkdtemp(path.join(tmpdir(), 'stopgap-bench-'));
  const say = (text: string) => console.error(`claim: ${text}`);
  let stopPostgres = async () => {};
  let disconnect = async () => {};
  try {
    const postgres = await startPostgres(dataDir);
    stopPostgres = postgres.stop;
    await applyMigrations(postgres.url);
    setEnv({ DATABASE_URL: postgres.url, STOPGAP_DATA_DIR: dataDir });
    // Only now: these connect to the database the environment names.
    const { db } = await import('#lib/db');
    disconnect = () => db.$disconnect();
    const stage = await import('./claim-stage.ts');
    const { claimNext } = await import('#lib/claims/mutations');
    const { getLive } = await import('#lib/live/queries');
    const { queueSummary } = await import('#lib/reviews/queries');
    const people: UserActor[] = [];
    for (let number = 0; number < PEOPLE; number += 1)
      people.push(await stage.makePerson('reviewer', number));
    // Opted out of everything but the rare category, which is due after all the rest.
    const narrow = await stage.makePerson(
      'reviewer',
      PEOPLE,
      CATEGORIES.filter((category) => category !== stage.RARE.category),
    );
    const [reader] = people;
    if (!reader) throw new Error('nobody to claim');

    const timed = async <T>(
      count: number,
      work: (n: number) => Promise<T>,
      after?: (done: T) => Promise<void>,
    ) => {
      const times: number[] = [];
      for (let index = -WARM_UP; index < count; index += 1) {
        const from = monotonicMs();
        const done = await work(index + WARM_UP);
        if (index >= 0) times.push(monotonicMs() - from);
        await after?.(done);
      }
      return times;
    };
    const claims = async (
      filters: QueueFilters,
      count: number,
      after?: (claim: NextClaim) => Promise<void>,
      only?: UserActor,
    ) => {
      const input = claimNextSchema.parse({ filters });
      const claim = async (n: number) => {
        const answer = await claimNext(only ?? people[1 + (n % (PEOPLE - 1))] ?? reader, input, 1);
        if (answer.kind !== 'claim') throw new Error(`nothing to claim for ${JSON.stringify(filters)}`);
        return answer;
      };
      const times = await timed(count, claim, after);
      await stage.freeClaims(people);
      return times;
    };
    // Few have what is rare, so each goes back before the next is claimed.
    const giveBack = () => stage.freeClaims(people);
    let filled = 0;
    const measure = async (pending: number) => {
      const target = pending + stage.FRONT.dead * (filled === 0 ? 1 : 2);
      for (; filled < target; filled = Math.min(target, filled + CHUNK)) {
        await stage.addItems(filled, Math.min(target, filled + CHUNK));
        if (filled % 200_000 === 0 && filled > 0) say(`${filled} items`);
      }
      await stage.clearFront();
      await db.$executeRawUnsafe('VACUUM ANALYZE');
      await stage.blockFront(people);
      await db.$executeRawUnsafe('CHECKPOINT');
      await sleep(SETTLE_MS);
      say(`measuring at ${await db.queueItem.count({ where: { state: 'pending' } })} pending`);
      const found = {
        anything: await claims({}, options.claims),
        severity: await claims({ severity: 'low' }, options.claims),
        category: await claims({ category: 'malware' }, Math.min(200, options.claims)),
        rareLanguage: await claims(
          { language: stage.RARE.language },
          Math.min(100, options.claims),
          giveBack,
        ),
        optedOutOfMost: await claims(
          {},
          Math.min(100, options.claims),
          () => stage.freeClaims([reader, narrow]),
          narrow,
        ),
        rareDetector: await claims(
          { detector: stage.RARE.detector },
          Math.min(100, options.claims),
          giveBack,
        ),
        live: await timed(100, () => getLive(reader)),
        summary: await timed(20, () => queueSummary(reader)),
      };
      await stage.freeClaims(people);
      return found;
    };
    const small = await measure(options.small);
    const large = await measure(options.large);
    return report(options, small, large, stage.FRONT, loadBefore);
  } finally {
    await disconnect();
    await stopPostgres();
    await rm(dataDir, { recursive: true, force: true });
  }
}

type Times = Record<string, number[]>;

function report(
  options: z.infer<typeof optionsSchema>,
  small: Times,
  large: Times,
  front: object,
  loadBefore: number,
) {
  const round = (value: number | null) => (value === null ? null : Math.round(value * 100) / 100);
  const of = (times: number[] = []) => ({
    samples: times.length,
    p50: round(quantile(times, 0.5)),
    p95: round(quantile(times, 0.95)),
  });
  const ratio = (a: number | null, b: number | null) => (a && b ? Math.round((a / b) * 100) / 100 : null);
  const cases = Object.keys(small).map((name) => {
    const [few, many] = [of(small[name]), of(large[name])];
    const ratios = { p50: ratio(many.p50, few.p50), p95: ratio(many.p95, few.p95) };
    return [name, { small: few, large: many, ratio: ratios }] as const;
  });
  return {
    bench: 'claim',
    ...options,
    unit: 'milliseconds',
    /** Before everything that is free, at both sizes. `live` and `summary` are the shell's and the list's counts. */
    front,
    ...Object.fromEntries(cases),
    bar: { ratioOfP95: BAR, met: cases.every(([, { ratio }]) => ratio.p95 !== null && ratio.p95 <= BAR) },
    machine: { cores: availableParallelism(), node: process.version, loadBefore },
  };
}
