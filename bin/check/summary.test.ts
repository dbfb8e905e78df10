import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { countRows, playwrightRows, type Row, shorten, vitestRows } from './reports.ts';
import { layerTable, type StepResult, summary } from './summary.ts';

// Reports of real runs of Vitest and Playwright, shortened to the fields that are read.
const recorded = (name: string) =>
  readFileSync(path.join(import.meta.dirname, 'recorded', `${name}.json`), 'utf8');
const units = vitestRows(recorded('vitest'), '/project');
const pages = playwrightRows(recorded('playwright'), '/project');

const step = (over: Partial<StepResult>): StepResult => {
  const rows = over.rows ?? [];
  const counts = rows.length > 0 ? countRows(rows) : { passed: 1, failed: 0, skipped: 0 };
  return { name: 'types', ok: counts.failed === 0, seconds: 1, counts, rows, said: '', ...over };
};

test('the end of a run names every test that failed or needed another try', () => {
  const lines = summary([
    step({
      name: 'types',
      ok: false,
      seconds: 12.345,
      counts: { passed: 0, failed: 1, skipped: 0 },
      said: 'a.ts(1,1): error TS2322: no.',
    }),
    step({ name: 'units and database', seconds: 640, rows: units }),
    step({ name: 'end to end', seconds: 900.04, rows: pages }),
  ]);
  expect(lines).toEqual([
    '✗ types                 12.3 s  0 passed, 1 failed',
    '✗ units and database   640.0 s  2 passed, 4 failed, 2 skipped',
    '✗ end to end           900.0 s  2 passed, 1 failed, 1 skipped',
    '  together            1552.4 s',
    '',
    'Passed, but not at the first try:',
    '  lib/prices/prices.test.ts',
    '    ↻ comes up at the second try',
    '      Error: not up yet',
    '      at lib/prices/prices.test.ts:11:83',
    '  e2e/sign-in.spec.ts',
    '    ↻ sign in › is kept',
    '      Error: expect(received).toBe(expected) // Object.is equality',
    '      Expected: 1',
    '      Received: 0',
    '      at e2e/sign-in.spec.ts:4:60',
    '',
    'Failed in types, which said last:',
    '      a.ts(1,1): error TS2322: no.',
    '',
    'Failed in units and database:',
    '  lib/prices/broken.test.ts',
    '    ✗ (the file)',
    "      Cannot find module './not-there.ts' imported from lib/prices/broken.test.ts",
    '  lib/prices/hook.test.ts',
    '    ✗ (the file)',
    '      A hook of a group failed: its tests did not run. The log above says why.',
    '  lib/prices/prices.test.ts',
    '    ✗ prices › in euros › add up',
    '      AssertionError: expected { total: 3 } to deeply equal { total: 4 }',
    '      at lib/prices/prices.test.ts:4:47',
    '    ✗ no describe around it',
    '      Error: first line',
    '      second line',
    '      at lib/prices/prices.test.ts:9:45',
    '',
    'Failed in end to end:',
    '  e2e/sign-in.spec.ts',
    '    ✗ sign in › with a wrong password says so',
    '      Error: expect(received).toBe(expected) // Object.is equality',
    '      Expected: "Wrong password"',
    '      Received: "Welcome"',
    '      at e2e/sign-in.spec.ts:3:73',
    '',
    '4 passed, 6 failed, 3 skipped',
  ]);
});

test('a run in which all went well ends with its times and totals', () => {
  expect(summary([step({ name: 'types', seconds: 9.96 })])).toEqual([
    '✓ types    10.0 s  1 passed, 0 failed',
    '  together    10.0 s',
    '',
    '1 passed, 0 failed',
  ]);
});

test('a runner that fails without a failed test shows what it said last', () => {
  const rows = units.filter(({ status }) => status === 'passed');
  const unhandled = step({ name: 'units and database', ok: false, rows, said: 'Unhandled Rejection\nboom' });
  expect(summary([unhandled])).toContain('      Unhandled Rejection');
});

test('what failed outside the tests of a Playwright run is a row', () => {
  const report = { ...JSON.parse(recorded('playwright')), suites: [], errors: [{ message: 'no browser' }] };
  expect(playwrightRows(JSON.stringify(report), '/project')).toEqual([
    { file: 'e2e', titles: ['(outside the tests)'], status: 'failed', message: 'no browser' },
  ]);
});

test('a message is cut to a few lines of bounded length, without colours', () => {
  const long = `\u001b[31m${'x'.repeat(5_000)}\u001b[39m\n${'more\n'.repeat(100)}    at f (/project/a.ts:1:2)`;
  const lines = shorten(long, '/project').split('\n');
  expect(lines).toHaveLength(6);
  expect(lines[0]).toBe('x'.repeat(240));
  expect(lines.at(-1)).toBe('at f (a.ts:1:2)');
});

const row = (titles: string[], status: Row['status'] = 'passed', file = 'a.gateway.ts'): Row => ({
  file,
  titles,
  status,
  message: '',
});

test('the table of the gateways has a line for each layer, and names what did not simply pass', () => {
  const rows = [
    row(['LiteLLM', 'whole: a phrase blocked']),
    row(['LiteLLM', 'buffered', 'a phrase blocked'], 'failed'),
    row(['LiteLLM', 'slow'], 'skipped'),
    row(['LiteLLM', 'down'], 'retried'),
    row(['OPA (left out: go is not here)', 'a phrase blocked'], 'skipped', 'b.gateway.ts'),
    row(['no group around it'], 'passed', 'feed/opa/policy.test.ts'),
  ];
  expect(layerTable(rows, false)).toEqual([
    '✗ LiteLLM: 2 passed, 1 failed, 1 skipped',
    '  ✗ buffered › a phrase blocked',
    '  – slow',
    '  ↻ down',
    '– OPA (left out: go is not here): 0 passed, 0 failed, 1 skipped',
    '✓ feed/opa/policy.test.ts: 1 passed, 0 failed',
  ]);
  expect(layerTable(rows, true)).toContain('  ✓ whole: a phrase blocked');
  expect(layerTable(rows, true).join('\n')).not.toContain('undefined');
});
