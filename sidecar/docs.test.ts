import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runFile } from '#bin/testing/run';
import { startFeed } from '#feed/server';
import { feedKey, publish } from '#feed/testing/client';
import { parsePublicKey } from '#sdk/snapshot';
import { TEST_KEY } from '#sdk/testing/feed';
import { TestModel } from '#sdk/testing/model';
import { makeRule, ruleFor } from '#sdk/testing/rules';
import { blocks, commands, PAGES_FOLDER, printedBy } from './testing/page.ts';
import { type Portkey, startPortkey } from './testing/portkey.ts';
import { type TestSidecar, testSidecar } from './testing/sidecar.ts';

// Every command of the pages, as it is written, and what the page says it prints.

const PAGES = ['sidecar', 'portkey', 'litellm', 'agentgateway', 'openai-moderation', 'ofrep'];

let desk: TestSidecar;
let portkey: Portkey;
let model: TestModel;
let env: NodeJS.ProcessEnv;
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
    ...process.env,
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

const lines = (text: string): unknown[] =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line));

describe.each(PAGES)('docs/serving/%s.md', (name) => {
  test('prints what it says', async () => {
    const found = await commands(name);
    expect(found.length).toBeGreaterThan(0);
    for (const { command, printed } of found) {
      const stdout = await printedBy(command, env);
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

test('the sidecar starts as the page says', async () => {
  const all = await blocks('sidecar');
  const start = all.find(({ text }) => text.startsWith('npm run'))?.text ?? '';
  const words = [...start.trim().matchAll(/"([^"]*)"|(\S+)/g)].map(
    ([, quoted, plain]) => quoted ?? plain ?? '',
  );
  expect(words.slice(0, 4)).toEqual(['npm', 'run', 'stopgap', '--']);
  const spki = parsePublicKey(desk.feed.signer.publicKey).export({ type: 'spki', format: 'der' });
  const values: Record<string, string> = {
    $STOPGAP_FEED_URL: desk.feed.url,
    $STOPGAP_FEED_KEY: TEST_KEY,
    // As `keys public` prints it.
    $STOPGAP_PUBLIC_KEY: spki.subarray(-32).toString('base64'),
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
      .poll(() => desk.feed.reports.find(({ instanceId }) => instanceId === 'docs'))
      .toMatchObject({ labels: { region: 'eu' }, kind: 'sidecar' });
  } finally {
    run.process.kill('SIGTERM');
    await run.exit;
  }
});

test('every page of this folder is in the table, and every link leads somewhere', async () => {
  const readme = await readFile(path.join(PAGES_FOLDER, 'README.md'), 'utf8');
  for (const page of [...PAGES, 'opa', 'sdk', 'ai-sdk', 'openai-compatible']) {
    expect(readme).toContain(`(${page}.md)`);
    const text = await readFile(path.join(PAGES_FOLDER, `${page}.md`), 'utf8');
    for (const [, target = ''] of text.matchAll(/\]\(([\w./-]+\.md)\)/g)) {
      await expect(readFile(path.join(PAGES_FOLDER, target), 'utf8')).resolves.toBeTruthy();
    }
  }
});

test('the feed answers an OPA as its page says', async () => {
  const key = await feedKey();
  await publish();
  const feed = await startFeed({ port: 0, host: '127.0.0.1' });
  try {
    const found = await commands('opa');
    expect(found.length).toBe(2);
    for (const { command, printed } of found) {
      const stdout = await printedBy(command, {
        ...process.env,
        FEED: `http://127.0.0.1:${feed.port}`,
        STOPGAP_FEED_KEY: key,
      });
      expect(JSON.parse(stdout)).toMatchObject(JSON.parse(printed.text));
    }
  } finally {
    await feed.close();
  }
});
