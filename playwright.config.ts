import { defineConfig } from '@playwright/test';
import { findBrowser } from './bin/browser.ts';

export default defineConfig({
  testDir: './e2e',
  globalSetup: './e2e/stack.ts',
  // One stack is shared, and two cores run it: files one after the other.
  workers: 1,
  retries: 0,
  // Long enough for a machine that is ten times slower: a limit here ends a run that hangs, it measures nothing.
  timeout: 900_000,
  expect: { timeout: 120_000, toPass: { timeout: 120_000 } },
  reporter: 'list',
  // The first admin can be made only once, in an empty Stopgap.
  projects: [
    { name: 'first run', testMatch: 'first-run.spec.ts' },
    { name: 'product', testIgnore: 'first-run.spec.ts', dependencies: ['first run'] },
  ],
  use: {
    actionTimeout: 120_000,
    launchOptions: {
      executablePath: findBrowser() ?? undefined,
      // A root user in a container has no user namespaces to build the sandbox from.
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    },
    viewport: { width: 1440, height: 900 },
    trace: 'retain-on-failure',
  },
});
