import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { ensureBrowser } from '#bin/browser';
import { setEnv } from '#lib/env';

import { freePort, startPostgres } from '#lib/postgres/embedded';
import { applyMigrations } from '#lib/postgres/migrations';
import { WEB_FLAGS } from '../bin/web-flags.mjs';
import { type Stroke, stroke, watchBare, watchItems, watchLongTasks } from './next-item-page.ts';
import { quantile } from './quantile.ts';

const optionsSchema = z.strictObject({
  pending: z.coerce.number().int().min(200).max(1_000_000).default(100_000),
  decisions: z.coerce.number().int().min(20).max(1_000).default(80),
  /** Time between a painted item and the next key, milliseconds: nobody reads in less. */
  think: z.coerce.number().int().min(0).max(60_000).default(600),
});

const STOPGAP = path.resolve(import.meta.dirname, '../bin/stopgap.ts');
const BAR_MS = 100;

/** Keys that decide and go on, as a reviewer mixes them. */
const KEYS = ['b', 'Shift+Digit1', 'u', 'b', 'Shift+Digit4', 'b'];

/**
 * Key press to the next item's painted frame in Chromium, with many items pending and the production build; beside it
 * the same press on a page that only changes one word. Everything is started here, on 127.0.0.1, and stopped here.
 * `npm start` or `npm test` makes the production build that this needs.
 */
export async function run(given: Record<string, string>): Promise<unknown> {
  const options = optionsSchema.parse(given);
  const loadBefore = Math.round((loadavg()[0] ?? 0) * 100) / 100;
  const say = (text: string) => console.error(`next-item: ${text}`);
  const dataDir = await mkdtemp(path.join(tmpdir(), 'stopgap-bench-'));
  const stops: (() => Promise<unknown>)[] = [() => rm(dataDir, { recursive: true, force: true })];
  try {
    const postgres = await startPostgres(dataDir);
    stops.push(postgres.stop);
    await applyMigrations(postgres.url);
    setEnv({ DATABASE_URL: postgres.url, STOPGAP_DATA_DIR: dataDir });
    // Only now: these connect to the database the environment names.
    const { db } = await import('#lib/db');
    stops.push(() => db.$disconnect());
    const stage = await import('./next-item-stage.ts');
    say(`writing ${options.pending.toLocaleString('en')} pending items`);
    await stage.setStage(options.pending);
    const reviewer = await stage.makeReviewer();
    const web = await startWeb(postgres.url, dataDir);
    stops.push(web.stop);

    const { chromium } = await import('@playwright/test');
    const browser = await chromium.launch({ executablePath: ensureBrowser(say), args: ['--no-sandbox'] });
    stops.push(() => browser.close());
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });

    await watchBare(page);
    const bare: number[] = [];
    for (let at = 0; at < options.decisions; at++) {
      bare.push((await stroke(page, 'b')).ms);
      await sleep(30);
    }

    await page.goto(`${web.url}/demo-sign-in?as=${reviewer}`);
    await page.goto(`${web.url}/queue`);
    await page.locator('html[data-keys~="r"]').waitFor();
    await page.keyboard.press('r');
    await page.waitForURL(/\/queue\/[0-9a-f-]{36}/);
    await page.getByText(/Yours for \d/).waitFor();
    await sleep(2_000);
    await watchItems(page);
    const longTasks = await watchLongTasks(page);
    const strokes: Stroke[] = [];
    for (let at = 0; at < options.decisions; at++) {
      strokes.push(await stroke(page, KEYS[at % KEYS.length] ?? 'b'));
      if ((at + 1) % 20 === 0) say(`${at + 1} of ${options.decisions} decisions`);
      await sleep(options.think);
    }
    const tasks = await longTasks();
    await sleep(1_000);
    const decided = await db.review.count();
    if (decided !== options.decisions)
      throw new Error(`${options.decisions} keys made ${decided} decisions.`);
    return report(options, strokes, bare, tasks, loadBefore);
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

/** The production build of web alone, on a free port. */
async function startWeb(url: string, dataDir: string) {
  const port = await freePort();
  const address = `http://localhost:${port}`;
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', ...WEB_FLAGS, STOPGAP, 'web'],
    {
      env: {
        ...process.env,
        DATABASE_URL: url,
        STOPGAP_DATA_DIR: dataDir,
        STOPGAP_DEMO: '1',
        STOPGAP_HOST: '127.0.0.1',
        PORT: String(port),
        NEXTAUTH_URL: address,
      },
      // Its log has a line for every request; what went wrong shows as a bench that ends.
      stdio: 'ignore',
    },
  );
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const giveUpAt = Date.now() + 60_000;
  for (;;) {
    const isUp = await fetch(`${address}/readyz`).then(
      (response) => response.ok,
      () => false,
    );
    if (isUp) break;
    if (child.exitCode !== null) throw new Error('Web ended while starting; is there a production build?');
    if (Date.now() > giveUpAt) throw new Error('Web did not come up within 60 s.');
    await sleep(200);
  }
  return {
    url: address,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function report(
  options: z.infer<typeof optionsSchema>,
  strokes: Stroke[],
  bare: number[],
  longTasks: number[],
  loadBefore: number,
) {
  const times = summaryOf(strokes.map(({ ms }) => ms));
  return {
    bench: 'next-item',
    ...options,
    unit: 'milliseconds',
    /** Key down to the painted frame with the next item. */
    keyToNextItem: times,
    /** The same on a page whose key only changes one word: what the browser itself takes for a stroke. */
    keyToWord: summaryOf(bare),
    bar: { p95: BAR_MS, met: times.p95 !== null && times.p95 <= BAR_MS },
    /** Strokes whose next item was already there. */
    fromMemory: strokes.filter(({ fromMemory }) => fromMemory).length,
    /** Tasks of the page's main thread over 50 ms while deciding. */
    longTasks: summaryOf(longTasks),
    machine: { cores: availableParallelism(), node: process.version, loadBefore },
  };
}

function summaryOf(samples: number[]) {
  const round = (value: number | null) => (value === null ? null : Math.round(value * 10) / 10);
  return {
    samples: samples.length,
    p50: round(quantile(samples, 0.5)),
    p95: round(quantile(samples, 0.95)),
    max: round(quantile(samples, 1)),
  };
}
