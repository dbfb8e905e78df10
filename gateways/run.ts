import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Installed, installLiteLlm, installOpa, LITELLM_VERSION, OPA_VERSION } from './install.ts';

// `npm run test:gateways`: one table of cases through real gateways and a real policy engine.

type Report = {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  testResults: { assertionResults: { ancestorTitles: string[]; title: string; status: string }[] }[];
};

const litellm = await installLiteLlm();
const opa = await installOpa();
for (const [name, found] of [
  [`LiteLLM ${LITELLM_VERSION}`, litellm],
  [`OPA ${OPA_VERSION}`, opa],
] as const)
  console.log('missing' in found ? `✗ ${name} is left out: ${found.missing}` : `✓ ${name}`);
console.log(
  '✗ agentgateway is left out: no package registry has it; its requests are recorded from its source.',
);

const variables = (name: string, found: Installed): Record<string, string> =>
  'missing' in found ? { [`${name}_MISSING`]: found.missing } : { [name]: found.file };

const report =
  process.env.STOPGAP_GATEWAYS_REPORT ??
  path.join(mkdtempSync(path.join(tmpdir(), 'stopgap-gateways-')), 'report.json');
const run = spawnSync(
  'vitest',
  [
    'run',
    '--config',
    'gateways/vitest.config.ts',
    '--reporter=dot',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ],
  {
    stdio: 'inherit',
    env: { ...process.env, ...variables('STOPGAP_LITELLM', litellm), ...variables('STOPGAP_OPA', opa) },
  },
);
const counts = JSON.parse(readFileSync(report, 'utf8')) as Report;
const MARK: Record<string, string> = { passed: '✓', failed: '✗' };
for (const { assertionResults } of counts.testResults)
  for (const { ancestorTitles, title, status } of assertionResults)
    console.log(`${MARK[status] ?? '–'} ${ancestorTitles[0]} · ${title}`);
// A runner that fails for another reason than a test still fails.
const failed = Math.max(counts.numFailedTests, run.status === 0 ? 0 : 1);
const skipped = counts.numPendingTests > 0 ? `, ${counts.numPendingTests} skipped` : '';
console.log(`\n${counts.numPassedTests} passed, ${failed} failed${skipped}`);
process.exitCode = failed > 0 ? 1 : 0;
