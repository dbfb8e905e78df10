import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { EFFECT_CASES, type EffectCase } from '#sdk/testing/effects';
import { makeSnapshot } from '#sdk/testing/rules';
import { opaData } from './rules.ts';

const run = promisify(execFile);
const OPA = process.env.STOPGAP_OPA ?? 'opa';
/** The real one, where the machine has it. What it is given is compared in bundle.test.ts wherever these run. */
const hasOpa = await run(OPA, ['version']).then(
  () => true,
  () => false,
);

const folder = await mkdtemp(path.join(tmpdir(), 'stopgap-opa-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

async function ask({ rules, request, stale }: Pick<EffectCase, 'rules' | 'request' | 'stale'>) {
  const data = path.join(folder, 'data.json');
  const input = path.join(folder, 'input.json');
  await writeFile(data, JSON.stringify({ stopgap: opaData(makeSnapshot(7, rules)) }));
  await writeFile(input, JSON.stringify({ ...request, ...(stale && { min_seq: 8 }) }));
  const policy = path.join(import.meta.dirname, 'policy.rego');
  const { stdout } = await run(OPA, [
    'eval',
    '-d',
    policy,
    '-d',
    data,
    '-i',
    input,
    'data.stopgap.decision.result',
  ]);
  return JSON.parse(stdout).result[0].expressions[0].value;
}

describe.runIf(hasOpa)('a real OPA answers as our engine does', () => {
  test.each(EFFECT_CASES)('$name', async (row) => {
    const { verdict, message, text } = await ask(row);
    const answer = Object.entries({ verdict, message, text }).filter(([, value]) => value !== undefined);
    expect(Object.fromEntries(answer)).toEqual(row.expect);
  });
});
