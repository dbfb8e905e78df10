import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { countRows, vitestRows } from '../bin/check/reports.ts';
import { layerTable, totals } from '../bin/check/summary.ts';
import { ROOT } from '../bin/prepare.mjs';
import { type Installed, installLiteLlm, installOpa, LITELLM_VERSION, OPA_VERSION } from './install.ts';

// `npm run test:gateways`: one table of cases through real gateways and a real policy engine.

const [litellm, opa] = await Promise.all([installLiteLlm(), installOpa()]);
// `npm test` installs while its other steps run.
if (process.argv.includes('--install')) process.exit();
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

// `npm test` reads the report and counts it itself.
const asked = process.env.STOPGAP_GATEWAYS_REPORT;
const report = asked ?? path.join(mkdtempSync(path.join(tmpdir(), 'stopgap-gateways-')), 'report.json');
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
const rows = vitestRows(readFileSync(report, 'utf8'), ROOT);
for (const line of layerTable(rows, asked === undefined)) console.log(line);
const counts = countRows(rows);
// A runner that fails for another reason than a test still fails.
if (run.status !== 0 && counts.failed === 0) counts.failed = 1;
if (asked === undefined) console.log(`\n${totals(counts)}`);
process.exitCode = counts.failed > 0 ? 1 : 0;
