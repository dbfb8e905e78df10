import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runFile } from '#bin/testing/run';
import { TEST_KEY } from '#sdk/testing/feed';
import { TestModel } from '#sdk/testing/model';
import { makeRule, ruleFor } from '#sdk/testing/rules';
import { type Portkey, startPortkey } from './testing/portkey.ts';
import { type TestSidecar, testSidecar } from './testing/sidecar.ts';

// Every command of the pages, as it is written, and what the page says it prints.

const PAGES = ['sidecar', 'portkey', 'litellm', 'agentgateway', 'openai-moderation', 'ofrep'];
const FOLDER = path.resolve(import.meta.dirname, '../docs/serving');

let desk: TestSidecar;
let portkey: Portkey;
let model: TestModel;
let env: Record<string, string>;
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'stopgap-docs-'));
  [portkey, model] = await Promise.all([startPortkey(), new TestModel().listen()]);
  const password = { kind: 'literal', text: 'hunter2', ignoreCase: false } as const;
  const phrase = { kind: 'literal', text: 'ignore all rules', ignoreCase: true } as const;
  desk = await testSidecar([
    makeRule({ ref: 'R-31' }),
    ruleFor(password, 'hunter2', { ref: 'R-32', action: 'redact', target: 'both' }),
    makeRule({
      ref: 'R-33',
      action: 'disable',
      target: 'both',
      matcher: { kind: 'any' },
      scope: { models: ['coder-7'], tenants: ['acme'] },
      tests: { mustMatch: [], mustNotMatch: [] },
    }),
    ruleFor(phrase, 'ignore all rules', { ref: 'R-34', target: 'prompt', scope: { tenants: ['acme'] } }),
  ]);
  env = {
    SIDECAR: desk.url,
    GATEWAY: portkey.url.replace(/\/v1$/, ''),
    MODEL: model.url,
  };
});
afterAll(async () => {
  await desk?.close();
  await portkey?.close();
  await model?.close();
  await rm(dir, { recursive: true, force: true });
});

interface Block {
  language: string;
  text: string;
}

function blocks(page: string): Block[] {
  return [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({
    language,
    text,
  }));
}

/** Commands and what is said to be printed; the command that starts a sidecar has a test of its own. */
function commands(page: string): { command: string; printed: Block }[] {
  const all = blocks(page);
  return all.flatMap(({ language, text }, index) => {
    if (language !== 'sh' || text.startsWith('npm run')) return [];
    return { command: text, printed: all[index + 1] ?? { language: '', text: '' } };
  });
}

const lines = (text: string): unknown[] =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line));

describe.each(PAGES)('docs/serving/%s.md', (name) => {
  test('prints what it says', { timeout: 60_000 }, async () => {
    const found = commands(await readFile(path.join(FOLDER, `${name}.md`), 'utf8'));
    expect(found.length).toBeGreaterThan(0);
    for (const { command, printed } of found) {
      const { stdout } = await promisify(execFile)('bash', ['-c', command], {
        env: { ...process.env, ...env },
        timeout: 20_000,
      });
      expect(['json', 'ndjson']).toContain(printed.language);
      if (printed.language === 'ndjson') expect(together(lines(stdout))).toMatchObject(lines(printed.text));
      else expect(JSON.parse(stdout), command).toMatchObject(JSON.parse(printed.text));
    }
  });
});

/** Released text may come in any number of lines; what it says together is what counts. */
function together(printed: unknown[]): unknown[] {
  const released = (printed as { text?: string }[]).map(({ text = '' }) => text).join('');
  return [{ text: released }, printed.at(-1)];
}

test('the sidecar starts as the page says', { timeout: 60_000 }, async () => {
  const all = blocks(await readFile(path.join(FOLDER, 'sidecar.md'), 'utf8'));
  const start = all.find(({ text }) => text.startsWith('npm run'))?.text ?? '';
  const words = [...start.trim().matchAll(/"([^"]*)"|(\S+)/g)].map(
    ([, quoted, plain]) => quoted ?? plain ?? '',
  );
  expect(words.slice(0, 4)).toEqual(['npm', 'run', 'stopgap', '--']);
  const values: Record<string, string> = {
    $STOPGAP_FEED_URL: desk.feed.url,
    $STOPGAP_KEY: TEST_KEY,
    '3020': '0',
  };
  const run = runFile(
    'bin/stopgap.ts',
    words.slice(4).map((word) => values[word] ?? word),
    { STOPGAP_SIDECAR_DIR: dir, STOPGAP_SIDECAR_ID: 'docs' },
  );
  try {
    await run.says('sidecar serves');
    await expect
      .poll(() => desk.feed.reports.find(({ instanceId }) => instanceId === 'docs'), { timeout: 8_000 })
      .toMatchObject({ labels: { region: 'eu' }, kind: 'sidecar' });
  } finally {
    run.process.kill('SIGTERM');
    await run.exit;
  }
});

test('every page of this folder is in the table, and every link leads somewhere', async () => {
  const readme = await readFile(path.join(FOLDER, 'README.md'), 'utf8');
  for (const page of [...PAGES, 'sdk', 'ai-sdk', 'openai-compatible']) {
    expect(readme).toContain(`(${page}.md)`);
    const text = await readFile(path.join(FOLDER, `${page}.md`), 'utf8');
    for (const [, target = ''] of text.matchAll(/\]\(([\w./-]+\.md)\)/g)) {
      await expect(readFile(path.join(FOLDER, target), 'utf8')).resolves.toBeTruthy();
    }
  }
});
