import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openApiDocument } from './document.ts';
import { OPERATIONS } from './operations.ts';

const root = path.resolve(import.meta.dirname, '../..');

test('the document describes exactly the routes that exist', () => {
  const routes = globSync('app/api/v1/**/route.ts', { cwd: root })
    .map(
      (file) =>
        `/${path
          .dirname(file)
          .replace(/^app\//, '')
          .replaceAll('[', '{')
          .replaceAll(']', '}')}`,
    )
    .sort();
  expect([...new Set(OPERATIONS.map((operation) => operation.path))].sort()).toEqual(routes);
});

test('every call that changes something takes an Idempotency-Key; rows that are sent in have ids of their own', () => {
  const { paths } = openApiDocument('http://localhost:3000') as {
    paths: Record<string, Record<string, { parameters: { name: string }[] }>>;
  };
  const changing = globSync('app/api/**/route.ts', { cwd: root }).flatMap((file) => {
    const source = readFileSync(path.join(root, file), 'utf8');
    return [...source.matchAll(/export const (POST|PUT|PATCH|DELETE) = (\w+)\(/g)].map(
      ([, method = '', by]) => {
        const at = `/${path
          .dirname(file)
          .replace(/^app\//, '')
          .replaceAll('[', '{')
          .replaceAll(']', '}')}`;
        const told = paths[at]?.[method.toLowerCase()]?.parameters.map(({ name }) => name);
        return { call: `${method} ${at}`, by, told, isDocumented: at.startsWith('/api/v1/') };
      },
    );
  });
  // `route()` carries every call out through `once` (lib/route.ts).
  expect(
    changing
      .filter(({ by }) => by !== 'route')
      .map(({ call, by }) => `${call} by ${by}`)
      .sort(),
  ).toEqual([
    'POST /api/v1/findings/{adapter} by ingestRoute',
    'POST /api/v1/interactions by ingestRoute',
    'POST /api/v1/interactions/outcomes by ingestRoute',
  ]);
  const silent = changing.filter(
    ({ by, told, isDocumented }) => isDocumented && (by === 'route') !== told?.includes('Idempotency-Key'),
  );
  expect(silent).toEqual([]);
  expect(changing.length).toBeGreaterThan(20);
  // Nothing changes anything through another form of export; sign-in is next-auth's.
  const others = globSync('app/**/route.ts', { cwd: root }).filter((file) =>
    /export (async )?function (POST|PUT|PATCH|DELETE)|export \{[^}]*(POST|PUT|PATCH|DELETE)/.test(
      readFileSync(path.join(root, file), 'utf8'),
    ),
  );
  expect(others).toEqual(['app/api/auth/[...nextauth]/route.ts']);
});

test('the schemas are the ones that parse: unknown fields are refused in the document too', () => {
  const document = JSON.stringify(openApiDocument('http://localhost:3000'));
  expect(document).toContain('"additionalProperties":false');
  expect(document).toContain('insecure_code');
  expect(document).toContain('"openapi":"3.1.0"');
});
