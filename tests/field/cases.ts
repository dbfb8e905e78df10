import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Rule } from '#sdk/rule';
import { makeRule } from '#sdk/testing/rules';

// Cases from the field lie beside the checkout and are not part of the product: `STOPGAP_FIELD` names another place.

const rules = path.resolve(
  process.env.STOPGAP_FIELD ?? path.resolve(import.meta.dirname, '../../../shared/field/rules'),
);

/** Some steps wait for reports, which come every 10 s. */
const LONG_MS = 120_000;

/** One case: its files by name, and where each step says what it expected and what it got. */
export interface FieldCase {
  dir: string;
  files: string[];
  text(file: string): string;
  // biome-ignore lint/suspicious/noExplicitAny: a case's own JSON, in as many shapes as cases.
  json(file: string): any;
  /** `expected` names every right answer, such as `hit or told`; a step that throws got what it threw. */
  row(step: string, expected: string, got: unknown): Promise<void>;
}

type Row = { case: string; step: string; expected: string; got: string; ok: boolean };

/** A case about rules, by the number that its folder begins with; where that is missing it is skipped and says so. */
export const fieldCase = casesIn(rules);
/** The same of what comes in and is reviewed; its folders lie beside those. */
export const reviewCase = casesIn(path.resolve(rules, '../review'));

function casesIn(folder: string) {
  return (number: string, what: string, steps: (given: FieldCase) => Promise<void>): void => {
    const own = existsSync(folder)
      ? readdirSync(folder).find((name) => name.startsWith(`${number}-`))
      : undefined;
    const dir = path.join(folder, own ?? '');
    const name = own === undefined ? `${number} ${what} (no such case in ${folder})` : `${number} ${what}`;
    test.skipIf(own === undefined)(name, { timeout: LONG_MS }, async () => {
      const text = (file: string) => readFileSync(path.join(dir, file), 'utf8');
      const json = (file: string) => JSON.parse(text(file));
      await table(number, (row) => steps({ dir, files: readdirSync(dir), text, json, row }));
    });
  };
}

/** One that needs no files: it runs everywhere. */
export function suspicion(
  number: string,
  what: string,
  steps: (given: Pick<FieldCase, 'row'>) => Promise<void>,
): void {
  test(`${number} ${what}`, { timeout: LONG_MS }, () => table(number, (row) => steps({ row })));
}

/** Prints what every step got, and fails when one of them is not right. */
async function table(number: string, steps: (row: FieldCase['row']) => Promise<void>): Promise<void> {
  const rows: Row[] = [];
  try {
    await steps(async (step, expected, got) => {
      const told = await settled(got);
      rows.push({ case: number, step, expected, got: told, ok: expected.split(' or ').includes(told) });
    });
  } finally {
    process.stdout.write(`${rows.map(line).join('\n')}\n`);
  }
  expect(rows.length).toBeGreaterThan(0);
  expect(rows.filter(({ ok }) => !ok)).toEqual([]);
}

async function settled(got: unknown): Promise<string> {
  try {
    return String(await (typeof got === 'function' ? got() : got));
  } catch (error) {
    return `threw: ${error instanceof Error ? error.message : error}`;
  }
}

const line = ({ case: number, step, expected, got, ok }: Row) =>
  [
    number.padEnd(3),
    step.padEnd(40),
    expected.padEnd(22),
    got.slice(0, 90).padEnd(22),
    ok ? 'ok' : 'NOT OK',
  ].join(' · ');

/** A case's draft as the rule that instances would get. */
export function ruleOf(draft: Partial<Rule> & { matcher: Rule['matcher'] }): Rule {
  const { title, scope, matcher, target, action, mode, tests } = draft;
  return makeRule({ title, scope, matcher, target, action, mode, tests } as Partial<Rule>);
}
