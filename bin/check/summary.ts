import type { Counts, Row } from './reports.ts';

/** What became of one step of `npm test`. */
export type StepResult = {
  name: string;
  ok: boolean;
  seconds: number;
  counts: Counts;
  /** Empty for a step without a test runner. */
  rows: Row[];
  /** The end of what a failed step printed, where no test says why it failed. */
  said: string;
};

const MARK = { passed: '✓', retried: '↻', failed: '✗', skipped: '–' } as const;

const total = (steps: StepResult[], key: keyof Counts) =>
  steps.reduce((sum, { counts }) => sum + counts[key], 0);

const indent = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => `      ${line}`);

const nameOf = ({ titles }: Row) => titles.join(' › ');

function told(rows: Row[]): string[] {
  const files = Map.groupBy(rows, ({ file }) => file);
  return [...files].flatMap(([file, inside]) => [
    `  ${file}`,
    ...inside.flatMap((row) => [`    ${MARK[row.status]} ${nameOf(row)}`, ...indent(row.message)]),
  ]);
}

/** `N passed, N failed`, with the skipped where there are some: the form that CI reads. */
export function totals({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** The end of `npm test`: times, then every test that failed or needed another try, then the totals as the last line. */
export function summary(steps: StepResult[]): string[] {
  const width = Math.max(...steps.map(({ name }) => name.length));
  const lines = steps.map(({ name, ok, seconds, counts }) => {
    const time = `${seconds.toFixed(1).padStart(7)} s`;
    return `${ok ? '✓' : '✗'} ${name.padEnd(width)} ${time}  ${totals(counts)}`;
  });
  const all = steps.reduce((sum, { seconds }) => sum + seconds, 0);
  lines.push(`  ${'together'.padEnd(width)} ${all.toFixed(1).padStart(7)} s`);

  const retried = steps.flatMap(({ rows }) => rows.filter(({ status }) => status === 'retried'));
  if (retried.length > 0) lines.push('', 'Passed, but not at the first try:', ...told(retried));
  for (const { name, ok, rows, said } of steps) {
    const failed = rows.filter(({ status }) => status === 'failed');
    if (failed.length > 0) lines.push('', `Failed in ${name}:`, ...told(failed));
    else if (!ok) lines.push('', `Failed in ${name}, which said last:`, ...indent(said));
  }
  const counts = {
    passed: total(steps, 'passed'),
    failed: total(steps, 'failed'),
    skipped: total(steps, 'skipped'),
  };
  return [...lines, '', totals(counts)];
}

/**
 * The gateways' table: a line for each layer with its counts, below it what failed, needed another try or was
 * skipped alone; with `every`, all rows. A layer is the outermost group, or the file of a test without one.
 */
export function layerTable(rows: Row[], every: boolean): string[] {
  const layers = Map.groupBy(rows, ({ file, titles }) => (titles.length > 1 ? (titles[0] ?? file) : file));
  return [...layers].flatMap(([layer, inside]) => {
    const count = (status: Row['status']) => inside.filter((row) => row.status === status).length;
    const counts = totals({
      passed: count('passed') + count('retried'),
      failed: count('failed'),
      skipped: count('skipped'),
    });
    // A layer that is not here says so in its name.
    const isLeftOut = count('skipped') === inside.length;
    const shown = inside.filter(({ status }) => every || (status !== 'passed' && !isLeftOut));
    const mark = count('failed') > 0 ? '✗' : isLeftOut ? '–' : '✓';
    return [
      `${mark} ${layer}: ${counts}`,
      ...shown.map((row) => {
        const inner = row.titles.length > 1 ? row.titles.slice(1) : row.titles;
        return `  ${MARK[row.status]} ${inner.join(' › ')}`;
      }),
    ];
  });
}
