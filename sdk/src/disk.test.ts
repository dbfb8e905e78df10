import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createDisk } from './disk.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stopgap-disk-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

test('keeps the envelope and the key, for the owner only, and leaves no temporary file', async () => {
  const problems: string[] = [];
  const folder = join(dir, 'new', 'folder');
  const disk = createDisk(folder, (message) => problems.push(message));
  expect(await disk.loadEnvelope()).toBeNull();
  expect(await disk.loadKey()).toBeNull();
  await disk.saveEnvelope('one');
  await disk.saveEnvelope('two 😀');
  await disk.saveKey({ keyId: 'k', publicKey: 'p' });
  expect(await disk.loadEnvelope()).toBe('two 😀');
  expect(await disk.loadKey()).toEqual({ keyId: 'k', publicKey: 'p' });
  expect((await readdir(folder)).sort()).toEqual(['last-good.json', 'trusted-key.json']);
  expect((await stat(join(folder, 'last-good.json'))).mode & 0o777).toBe(0o600);
  expect(problems).toEqual([]);
});

test('says what is unreadable, damaged or unwritable, and goes on', async () => {
  const problems: string[] = [];
  const disk = createDisk(dir, (message) => problems.push(message));
  await writeFile(join(dir, 'trusted-key.json'), '{"keyId":');
  expect(await disk.loadKey()).toBeNull();
  await mkdir(join(dir, 'last-good.json'));
  expect(await disk.loadEnvelope()).toBeNull();
  await disk.saveEnvelope('text');
  expect(problems).toHaveLength(3);
  expect(problems[0]).toMatch(/damaged/);
  expect(problems[1]).toMatch(/Cannot read/);
  expect(problems[2]).toMatch(/Cannot write/);
});
