import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { connectSnippet } from '../app/(console)/connect-snippet.ts';
import { parsePublicKey } from '../sdk/src/snapshot.ts';

// What people copy decides whom their instances believe: each of these lines pins the publisher's key.

const root = path.resolve(import.meta.dirname, '..');
const FILES =
  '{README.md,sdk/README.md,docs/**/*.md,sdk/examples/*.ts,app/**/*.{ts,tsx},components/**/*.{ts,tsx}}';

/** Every call that makes a guard, from its name to the bracket that ends its options. */
function callsIn(text: string): string[] {
  return [...text.matchAll(/\b(?:connect|createGuard)\(\{/g)].map(({ index }) => {
    const end = text.indexOf('\n});', index);
    const inner = text.indexOf('\n  });', index);
    const ends = [end, inner].filter((at) => at > 0);
    return text.slice(index, ends.length > 0 ? Math.min(...ends) : index + 500);
  });
}

/** Commands that start what follows a feed. */
const commandsIn = (text: string): string[] =>
  [...text.matchAll(/.*stopgap -- (?:sidecar|relay) --feed.*/g)].map(([line]) => line);

const files = globSync(FILES, { cwd: root, exclude: (file) => /\.test\./.test(file) });
const found = files.flatMap((file) => {
  const text = readFileSync(path.join(root, file), 'utf8');
  return [...callsIn(text), ...commandsIn(text)].map((call) => ({ file, call }));
});

test('snippets that follow a feed are found where they are', () => {
  const where = new Set(found.map(({ file }) => file));
  for (const file of [
    'README.md',
    'sdk/README.md',
    'sdk/examples/decide.ts',
    'docs/serving/sdk.md',
    'docs/serving/sidecar.md',
    'docs/distribution/relay.md',
    'docs/distribution/nats.md',
    'app/(console)/connect-snippet.ts',
  ]) {
    expect([...where]).toContain(file);
  }
});

test.each(found)('$file pins the public key, and waives no freshness', ({ call }) => {
  expect(call).toMatch(/publicKey: |--public-key/);
  expect(call).not.toMatch(/when-offered|headMaxAge/);
});

test('what the pages show holds the real key', () => {
  const key = /publicKey: '([^']+)'/.exec(connectSnippet('http://feed'))?.[1] ?? '';
  expect(parsePublicKey(key).asymmetricKeyType).toBe('ed25519');
});
