import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensureBrowser } from './browser.ts';
import { ensureNatsServer } from './nats-server.ts';

// Everything `npm test` promises, in the order in which a mistake is cheapest to find. The production build
// is made by bootstrap.mjs before this runs.

const reports = mkdtempSync(path.join(tmpdir(), 'stopgap-check-'));
const totals = { passed: 0, failed: 0, skipped: 0 };

type Counts = typeof totals;

/** Runs one step; a step without a test runner counts as one test. */
function step(
  name: string,
  command: string,
  args: string[],
  count?: () => Counts,
  env: Record<string, string> = {},
): void {
  const startedAt = performance.now();
  console.log(`\n== ${name}`);
  const run = spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, ...env } });
  const ok = run.status === 0;
  let counts: Counts = { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 };
  if (count) {
    try {
      counts = count();
      // A runner that fails for another reason than a test, such as an import, still fails.
      if (!ok && counts.failed === 0) counts.failed = 1;
    } catch (error) {
      console.log(`${name} left no report: ${error instanceof Error ? error.message : error}`);
      counts = { passed: 0, failed: 1, skipped: 0 };
    }
  }
  for (const key of ['passed', 'failed', 'skipped'] as const) totals[key] += counts[key];
  console.log(
    `== ${name}: ${ok ? 'ok' : 'FAILED'} in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`,
  );
}

function vitestCounts(file: string): Counts {
  const report = JSON.parse(readFileSync(file, 'utf8'));
  return { passed: report.numPassedTests, failed: report.numFailedTests, skipped: report.numPendingTests };
}

function playwrightCounts(file: string): Counts {
  const { stats } = JSON.parse(readFileSync(file, 'utf8'));
  return { passed: stats.expected + stats.flaky, failed: stats.unexpected, skipped: stats.skipped };
}

const vitestReport = path.join(reports, 'vitest.json');
const playwrightReport = path.join(reports, 'playwright.json');

step('format and lint', 'biome', ['ci', '--colors=off', '--error-on-warnings', '.']);
step('page types', 'next', ['typegen']);
step('types', 'tsc', ['--noEmit']);
step(
  'units and database',
  'vitest',
  ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${vitestReport}`],
  () => vitestCounts(vitestReport),
  { STOPGAP_NATS_SERVER: ensureNatsServer((line) => console.log(line)) ?? '' },
);
step('end to end', 'playwright', ['test', '--reporter=list,json'], () => playwrightCounts(playwrightReport), {
  PLAYWRIGHT_JSON_OUTPUT_NAME: playwrightReport,
  STOPGAP_BROWSER: ensureBrowser((line) => console.log(line)),
});

// Real LiteLLM and OPA take minutes to install, so only CI does it each time; by hand: npm run test:gateways.
if (process.env.CI) {
  const gatewaysReport = path.join(reports, 'gateways.json');
  step('gateways', 'node', ['gateways/run.ts'], () => vitestCounts(gatewaysReport), {
    STOPGAP_GATEWAYS_REPORT: gatewaysReport,
  });
}

const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : '';
console.log(`\n${totals.passed} passed, ${totals.failed} failed${skipped}`);
process.exitCode = totals.failed > 0 ? 1 : 0;
