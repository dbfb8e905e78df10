import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';

export type Counts = { passed: number; failed: number; skipped: number };

/** One test, named as the summary names it. `file` is relative to the project. */
export type Row = {
  file: string;
  /** Its groups from the outside in, then its own title. */
  titles: string[];
  /** `retried`: it passed, but not at its first try. */
  status: 'passed' | 'failed' | 'skipped' | 'retried';
  /** What went wrong, at most `LINES` lines; empty where nothing did. */
  message: string;
};

const LINES = 6;
const LINE_CHARS = 240;

/** The first lines of a failure without colours, code and stack, and then the first place in the project's code. */
export function shorten(message: string, root: string): string {
  const lines = stripVTControlCharacters(message)
    .split('\n')
    .map((line) => line.replaceAll(`${root}/`, '').trimEnd())
    // Playwright shows the code around the failure.
    .filter((line) => line.trim() !== '' && !/^\s*>?\s*\d*\s*\|/.test(line));
  const isFrame = (line: string) => /^\s+at /.test(line);
  const said = lines.filter((line) => !isFrame(line)).slice(0, LINES - 1);
  const place = lines.find((line) => isFrame(line) && !/node_modules|node:|<anonymous>/.test(line));
  return [...said, ...(place ? [place.trim()] : [])].map((line) => line.slice(0, LINE_CHARS)).join('\n');
}

type VitestReport = {
  testResults: {
    name: string;
    status: string;
    message: string;
    assertionResults: {
      ancestorTitles: string[];
      title: string;
      status: string;
      failureMessages: string[];
    }[];
  }[];
};

/** Every test of a report of `vitest --reporter=json`. A file that failed without a failed test is a row of its own. */
export function vitestRows(text: string, root: string): Row[] {
  const report = JSON.parse(text) as VitestReport;
  return report.testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = path.relative(root, name);
    const rows = assertionResults.map((each): Row => {
      // Vitest keeps what the first tries said.
      const messages = each.failureMessages;
      const passed = each.status === 'passed' ? (messages.length > 0 ? 'retried' : 'passed') : 'skipped';
      return {
        file,
        titles: [...each.ancestorTitles, each.title].filter(Boolean),
        status: each.status === 'failed' ? 'failed' : passed,
        message: shorten(messages[0] ?? '', root),
      };
    });
    if (status === 'failed' && !rows.some((row) => row.status === 'failed')) {
      const why = message || 'A hook of a group failed: its tests did not run. The log above says why.';
      rows.push({ file, titles: ['(the file)'], status: 'failed', message: shorten(why, root) });
    }
    return rows;
  });
}

type PlaywrightSuite = {
  title: string;
  file: string;
  specs: {
    title: string;
    file: string;
    tests: {
      projectName: string;
      status: 'skipped' | 'expected' | 'unexpected' | 'flaky';
      results: { errors: { message: string }[] }[];
    }[];
  }[];
  suites?: PlaywrightSuite[];
};

type PlaywrightReport = {
  config: { rootDir: string };
  suites: PlaywrightSuite[];
  errors: { message?: string }[];
};

const PLAYWRIGHT_STATUS = {
  expected: 'passed',
  unexpected: 'failed',
  flaky: 'retried',
  skipped: 'skipped',
} as const;

/** Every test of a report of `playwright --reporter=json`. What failed outside all tests is a row of its own. */
export function playwrightRows(text: string, root: string): Row[] {
  const report = JSON.parse(text) as PlaywrightReport;
  const place = (file: string) => path.relative(root, path.join(report.config.rootDir, file));
  const walk = (suite: PlaywrightSuite, titles: string[]): Row[] => [
    ...suite.specs.flatMap((spec) =>
      spec.tests.map(({ status, results }): Row => {
        const said = results.flatMap(({ errors }) => errors.map(({ message }) => message));
        return {
          file: place(spec.file),
          titles: [...titles, spec.title],
          status: PLAYWRIGHT_STATUS[status],
          message: status === 'skipped' ? '' : shorten(said[0] ?? '', root),
        };
      }),
    ),
    ...(suite.suites ?? []).flatMap((inner) => walk(inner, [...titles, inner.title])),
  ];
  return [
    ...report.suites.flatMap((suite) => walk(suite, [])),
    ...report.errors.map(({ message }): Row => {
      return {
        file: path.relative(root, report.config.rootDir),
        titles: ['(outside the tests)'],
        status: 'failed',
        message: shorten(message ?? '', root),
      };
    }),
  ];
}

/** A test that needed another try passed. */
export function countRows(rows: Row[]): Counts {
  const count = (...wanted: Row['status'][]) => rows.filter(({ status }) => wanted.includes(status)).length;
  return { passed: count('passed', 'retried'), failed: count('failed'), skipped: count('skipped') };
}
