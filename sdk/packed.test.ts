import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createGuard } from './src/guard.ts';
import { TEST_KEY, TestFeed } from './src/testing/feed.ts';
import { makeRule, makeSnapshot } from './src/testing/rules.ts';

// What `npm pack -w sdk` packs, in an empty folder that has what `npm install` would put beside it: zod and nothing else.

const run = promisify(execFile);
const ROOT = path.resolve(import.meta.dirname, '..');
let folder: string;
let installed: string;
let files: string[];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'stopgap-packed-'));
  installed = path.join(folder, 'node_modules/@stopgap/sdk');
  await mkdir(installed, { recursive: true });
  const words = ['pack', '-w', 'sdk', '--ignore-scripts', '--json', '--pack-destination', folder];
  const { stdout } = await run('npm', words, { cwd: ROOT, shell: process.platform === 'win32' });
  const [packed] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[];
  files = (packed?.files ?? []).map((file) => file.path);
  const tarball = path.join(folder, path.basename(packed?.filename ?? ''));
  await run('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
  await mkdir(path.join(folder, 'node_modules/@types'));
  for (const name of ['zod', '@types/node', 'undici-types']) {
    await symlink(path.join(ROOT, 'node_modules', name), path.join(folder, 'node_modules', name), 'junction');
  }
  await writeFile(path.join(folder, 'package.json'), '{"type":"module"}');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('it holds what is built, with licences, and nothing that builds it', () => {
  expect(files).toEqual(
    expect.arrayContaining(['LICENSE', 'README.md', 'package.json', 'dist/index.js', 'dist/THIRD-PARTY.txt']),
  );
  const unwanted = files.filter((file) => !/^(dist\/|LICENSE$|README\.md$|package\.json$)/.test(file));
  expect(unwanted).toEqual([]);
});

test('every entry of its exports is there, code and types', async () => {
  const { exports } = JSON.parse(await readFile(path.join(installed, 'package.json'), 'utf8'));
  expect(Object.keys(exports)).toEqual(['.', './ai', './http']);
  for (const { types, default: code } of Object.values<Record<string, string>>(exports)) {
    expect(files).toContain(path.posix.normalize(types ?? ''));
    expect(files).toContain(path.posix.normalize(code ?? ''));
  }
});

test('it decides by the ruleset on its disk, while nobody answers', async () => {
  const feed = await new TestFeed().listen();
  const { publicKey } = feed.signer;
  const options = { feedUrl: feed.url, apiKey: TEST_KEY, publicKey, dir: path.join(folder, 'kept') };
  feed.publish(makeSnapshot(7, [makeRule({ ref: 'R-1' })]));
  const first = createGuard(options);
  await first.start();
  await first.close();
  await feed.kill();
  await writeFile(
    path.join(folder, 'decide.js'),
    `import { connect } from '@stopgap/sdk';
    import { guardedFetch } from '@stopgap/sdk/http';
    import { stopgapMiddleware } from '@stopgap/sdk/ai';
    const guard = await connect({ ...${JSON.stringify(options)}, onEvent: () => undefined });
    const verdicts = ['x = evil(1)', 'x = good(1)'].map((completion) => guard.decide({ completion }).verdict);
    console.log(JSON.stringify([guard.status().seq, verdicts, typeof guardedFetch, typeof stopgapMiddleware]));
    await guard.close();`,
  );
  const { stdout } = await run(process.execPath, [path.join(folder, 'decide.js')], { cwd: folder });
  expect(JSON.parse(stdout)).toEqual([7, ['block', 'allow'], 'function', 'function']);
});

test('its types stand by themselves, and the first example of its README compiles', async () => {
  const readme = await readFile(path.join(installed, 'README.md'), 'utf8');
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  expect(example).toContain("from '@stopgap/sdk'");
  await writeFile(path.join(folder, 'example.ts'), example);
  await writeFile(
    path.join(folder, 'http.ts'),
    "export { guardedFetch, nodeHandler, proxyHandler } from '@stopgap/sdk/http';\n",
  );
  const words = ['--noEmit', '--strict', '--target', 'es2022', '--module', 'nodenext', '--types', 'node'];
  const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc');
  const said = await run(process.execPath, [tsc, ...words, 'example.ts', 'http.ts'], { cwd: folder }).then(
    () => '',
    (error: { stdout: string }) => error.stdout,
  );
  expect(said).toBe('');
});
