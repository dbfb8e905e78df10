import { globSync } from 'node:fs';
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

test('the schemas are the ones that parse: unknown fields are refused in the document too', () => {
  const document = JSON.stringify(openApiDocument('http://localhost:3000'));
  expect(document).toContain('"additionalProperties":false');
  expect(document).toContain('insecure_code');
  expect(document).toContain('"openapi":"3.1.0"');
});
