import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { expect, inject, test } from 'vitest';
import { newId } from '#lib/ids';
import { createDatabase } from '#lib/postgres/embedded';
import { checkRow } from './batch.ts';
import { notShownLabel } from './not-shown.ts';

test.each([
  [null, null],
  [[], null],
  [[{ what: 'image', count: 1 }], '1 part not shown: image'],
  [
    [
      { what: 'image', count: 1 },
      { what: 'file', count: 1 },
    ],
    '2 parts not shown: image, file',
  ],
  [
    [
      { what: 'image', count: 2 },
      { what: 'file', count: 1 },
    ],
    '3 parts not shown: 2 × image, file',
  ],
])('%j is %j', (parts, label) => {
  expect(notShownLabel(parts)).toBe(label);
});

test.each([
  [[{ what: 'image', count: 1 }], true],
  [[], true],
  [null, true],
  [[{ what: '<b>', count: 1 }], false],
  [[{ what: 'image', count: 0 }], false],
  ['image', false],
])('a sender may say %j: %j', (notShown, isTaken) => {
  const value = {
    id: 'a',
    occurredAt: '2026-11-01T12:00:00Z',
    model: { name: 'm', version: '1' },
    surface: 'chat',
    language: 'text',
    actor: { id: 'u' },
    prompt: 'p',
    completion: 'c',
    notShown,
  };
  expect('row' in checkRow({ value })).toBe(isTaken);
});

const MIGRATIONS = path.resolve(import.meta.dirname, '../../prisma/migrations');
const OURS = '20261130183500_not_shown';
const sqlOf = (name: string) => readFileSync(path.join(MIGRATIONS, name, 'migration.sql'), 'utf8');

test('what adapters counted before has its own place afterwards, and the table refuses changes as before', async () => {
  const url = inject('templateUrl').replace(/[^/]+$/, `scratch_${newId().replaceAll('-', '')}`);
  await createDatabase(url);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const names = readdirSync(MIGRATIONS).filter((name) => /^\d/.test(name) && name < OURS);
    for (const name of names.sort()) await client.query(sqlOf(name));
    const add = (id: string, meta: unknown) =>
      client.query(
        `INSERT INTO interaction (id, source, external_id, digest, occurred_at, model_name, model_version, surface, language,
           actor_id, prompt, completion, meta) VALUES ($1, 's', $2, '', now(), 'm', '1', 'chat', 'text', 'u', '', '', $3)`,
        [newId(), id, JSON.stringify(meta)],
      );
    await add('counted', { adapter: { format: 'litellm', leftOut: { image: 2, file: 1 } } });
    await add('whole', { adapter: { format: 'litellm' } });
    await add('own', { adapter: 'mine' });
    await client.query(sqlOf(OURS));
    const { rows } = await client.query(
      'SELECT external_id, not_shown FROM interaction ORDER BY external_id',
    );
    expect(rows).toEqual([
      {
        external_id: 'counted',
        not_shown: [
          { what: 'file', count: 1 },
          { what: 'image', count: 2 },
        ],
      },
      { external_id: 'own', not_shown: null },
      { external_id: 'whole', not_shown: null },
    ]);
    await expect(client.query("UPDATE interaction SET prompt = 'x'")).rejects.toThrow('append-only');
  } finally {
    await client.end();
  }
});
