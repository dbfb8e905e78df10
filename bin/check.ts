import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensureBrowser } from './browser.ts';
import { countRows, playwrightRows, type Row, vitestRows } from './check/reports.ts';
import { type StepResult, summary } from './check/summary.ts';
import { ensureNatsServer } from './nats-server.ts';
import { ROOT } from './prepare.mjs';

// Everything `npm test` promises, in the order in which a mistake is cheapest to find. The production build
// is made by bootstrap.mjs before this runs. The end of the output alone says what failed.

const reports = mkdtempSync(path.join(tmpdir(), 'stopgap-check-'));
const TAIL_CHARS = 4_000;
const TAIL_LINES = 25;

type Report = { file: string; read: (text: string, root: string) => Row[] };

const results: StepResult[] = [];

// Who ends this ends what is under way too.
const running = new Set<ChildProcess>();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    for (const child of running) child.kill(signal);
    process.exit(130);
  });
}

/** Runs one step; a step without a test runner counts as one test. */
async function step(
  name: string,
  command: string,
  args: string[],
  report?: Report,
  env: Record<string, string> = {},
): Promise<void> {
  const startedAt = performance.now();
  console.log(`\n== ${name}`);
  const { ok, said } = await run(command, args, env);
  const seconds = (performance.now() - startedAt) / 1000;
  const result: StepResult = {
    name,
    ok,
    seconds,
    counts: { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 },
    rows: [],
    said,
  };
  if (report) {
    try {
      result.rows = report.read(readFileSync(report.file, 'utf8'), ROOT);
      result.counts = countRows(result.rows);
    } catch (error) {
      result.counts = { passed: 0, failed: 1, skipped: 0 };
      result.said += `\nIt left no report: ${error instanceof Error ? error.message : error}`;
    }
    // A runner that fails for another reason than a test still fails, and a failed test fails its step.
    if (!ok && result.counts.failed === 0) result.counts.failed = 1;
    result.ok = result.counts.failed === 0;
  }
  results.push(result);
  console.log(`== ${name}: ${result.ok ? 'ok' : 'FAILED'} in ${seconds.toFixed(1)} s`);
}

/** Shows what the program prints, unless it is `quiet`, and keeps the end of it. */
function run(command: string, args: string[], env: Record<string, string>, quiet = false) {
  return new Promise<{ ok: boolean; said: string }>((resolve) => {
    const colours = process.stdout.isTTY ? { FORCE_COLOR: '1' } : {};
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      // Hundreds of processes run the same files: each finds what the others compiled.
      env: {
        NODE_COMPILE_CACHE: path.join(ROOT, '.stopgap', 'compile-cache'),
        ...process.env,
        ...colours,
        ...env,
      },
    });
    running.add(child);
    let said = '';
    const keep = (out: NodeJS.WriteStream) => (chunk: Buffer) => {
      if (!quiet) out.write(chunk);
      said = `${said}${chunk}`.slice(-TAIL_CHARS);
    };
    child.stdout.on('data', keep(process.stdout));
    child.stderr.on('data', keep(process.stderr));
    child.once('error', (error) => resolve({ ok: false, said: `${command}: ${error.message}` }));
    child.once('close', (code) => {
      running.delete(child);
      resolve({ ok: code === 0, said: said.trimEnd().split('\n').slice(-TAIL_LINES).join('\n') });
    });
  });
}

const reportOf = (name: string, read: Report['read']): Report => ({
  file: path.join(reports, `${name}.json`),
  read,
});
const units = reportOf('vitest', vitestRows);
const pages = reportOf('playwright', playwrightRows);
const gateways = reportOf('gateways', vitestRows);

// Real LiteLLM and OPA take minutes to install, so only CI does it each time; by hand: npm run test:gateways.
const installing = process.env.CI ? run('node', ['gateways/run.ts', '--install'], {}, true) : null;

await step('format and lint', 'biome', ['ci', '--colors=off', '--error-on-warnings', '.']);
await step('page types', 'next', ['typegen']);
await step('types', 'tsc', ['--noEmit']);
await step(
  'units and database',
  'vitest',
  ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${units.file}`],
  units,
  { STOPGAP_NATS_SERVER: ensureNatsServer((line) => console.log(line)) ?? '' },
);
await step('end to end', 'playwright', ['test', '--reporter=list,json'], pages, {
  PLAYWRIGHT_JSON_OUTPUT_NAME: pages.file,
  STOPGAP_BROWSER: ensureBrowser((line) => console.log(line)),
});

if (installing) {
  await installing;
  await step('gateways', 'node', ['gateways/run.ts'], gateways, { STOPGAP_GATEWAYS_REPORT: gateways.file });
}

console.log('');
for (const line of summary(results)) console.log(line);
process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;
