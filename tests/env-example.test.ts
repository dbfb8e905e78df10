import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');

/** What tests hand one another, the former name of a key, and what people set for programs of their own. */
const OWN = new Set([
  'STOPGAP_E2E',
  'STOPGAP_EVERY_RECORD',
  'STOPGAP_GATEWAYS_REPORT',
  'STOPGAP_INGEST_KEY',
  'STOPGAP_KEEP',
  'STOPGAP_KEY',
  'STOPGAP_SCREENSHOT',
  'STOPGAP_SEED',
]);

test('.env.example explains every variable that is read, and no other', () => {
  const files = globSync('{bin,feed,relay,sidecar,worker,lib,app,e2e}/**/*.{ts,tsx,mjs}', {
    cwd: root,
    exclude: (file) => file.includes('generated') || file.includes('.test.'),
  });
  const named = /\b(?:STOPGAP|OIDC|NEXTAUTH)_[A-Z_0-9]*[A-Z]\b|\bDATABASE_URL\b|\b(?:FEED_)?PORT(?=: z\.)/g;
  const used = new Set(
    files.flatMap((file) => read(file).match(named) ?? []).filter((name) => !OWN.has(name)),
  );
  const explained = [...read('.env.example').matchAll(/^#([A-Z_]+)=/gm)].map(([, name]) => name);
  expect(used.size).toBeGreaterThan(20);
  expect(explained.filter((name) => name !== 'NODE_ENV').sort()).toEqual([...used].sort());
});

test('pages of the documentation that texts of the product name are there', () => {
  const files = globSync('{bin,feed,relay,sidecar,lib,app,docs,sdk/src}/**/*.{ts,tsx,md}', {
    cwd: root,
    exclude: (file) => file.includes('generated') || file.includes('.test.'),
  });
  const named = [...files, 'README.md', 'ARCHITECTURE.md', 'sdk/README.md'].flatMap(
    (file) => read(file).match(/\bdocs\/[a-z/-]+\.md\b/g) ?? [],
  );
  const missing = [...new Set(named)].filter((file) => globSync(file, { cwd: root }).length === 0);
  expect(named.length).toBeGreaterThan(5);
  expect(missing).toEqual([]);
});
