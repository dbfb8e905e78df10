import { expect, test } from 'vitest';
import { newId } from '#lib/ids';
import { beforeMigration } from '#tests/before-migration';
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

test('what adapters counted before has its own place afterwards, and the table refuses changes as before', async () => {
  const { client, migrate } = await beforeMigration('20261130183500_not_shown');
  try {
    const add = (id: string, meta: unknown) =>
      client.query(
        `INSERT INTO interaction (id, source, external_id, digest, occurred_at, model_name, model_version, surface, language,
           actor_id, prompt, completion, meta) VALUES ($1, 's', $2, '', now(), 'm', '1', 'chat', 'text', 'u', '', '', $3)`,
        [newId(), id, JSON.stringify(meta)],
      );
    await add('counted', { adapter: { format: 'litellm', leftOut: { image: 2, file: 1 } } });
    await add('whole', { adapter: { format: 'litellm' } });
    await add('own', { adapter: 'mine' });
    await migrate();
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
