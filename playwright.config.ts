import { defineConfig } from '@playwright/test';
import { findBrowser } from './bin/browser.ts';

const FIRST = 'first-run.spec.ts';
/** What has instances of its own, which all see in the fleet. */
const RULES = ['composer.spec.ts', 'loop.spec.ts', 'mitigation.spec.ts'];
/** What brings thousands of records, and what works through some of its own beside them. */
const RECORDS = ['real-data.spec.ts', 'review.spec.ts'];
/** Kills what the others run on. */
const LAST = 'survival.spec.ts';

export default defineConfig({
  testDir: './e2e',
  globalSetup: './e2e/stack.ts',
  // One stack is shared: what waits for clocks and what uses the two cores go beside each other, no more.
  workers: 2,
  retries: 0,
  // Long enough for a machine that is ten times slower: a limit here ends a run that hangs, it measures nothing.
  timeout: 900_000,
  expect: { timeout: 120_000, toPass: { timeout: 120_000 } },
  reporter: 'list',
  // One row after the other; what stands in one row does not disturb the rest of it.
  projects: [
    // The first admin can be made only once, in an empty Stopgap.
    { name: 'first run', testMatch: FIRST },
    // A canary is fitted to the whole fleet, so never two at once.
    { name: 'rules', testMatch: RULES, workers: 1, dependencies: ['first run'] },
    {
      name: 'product',
      testIgnore: [FIRST, ...RULES, ...RECORDS, LAST],
      workers: 1,
      dependencies: ['first run'],
    },
    { name: 'records', testMatch: RECORDS, dependencies: ['rules', 'product'] },
    { name: 'survival', testMatch: LAST, dependencies: ['records'] },
  ],
  use: {
    actionTimeout: 120_000,
    launchOptions: {
      executablePath: findBrowser() ?? undefined,
      // A root user in a container has no user namespaces to build the sandbox from.
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    },
    viewport: { width: 1440, height: 900 },
    // A seventh of the work, for somebody who opens it.
    trace: process.env.CI ? 'off' : 'retain-on-failure',
  },
});
