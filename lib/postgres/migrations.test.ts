import { expect, inject, test } from 'vitest';
import { db } from '#lib/db';
import { createDatabase } from './embedded.ts';
import { applyMigrations, diffMigrations } from './migrations.ts';

async function emptyDatabase(): Promise<string> {
  const url = inject('templateUrl').replace(/[^/]+$/, `scratch_${crypto.randomUUID().replaceAll('-', '')}`);
  await createDatabase(url);
  return url;
}

test('schema.prisma and the migrations agree', async () => {
  expect(await diffMigrations(await emptyDatabase())).toBe('');
});

test('migrating twice applies nothing the second time', async () => {
  const url = await emptyDatabase();
  expect((await applyMigrations(url)).length).toBeGreaterThan(0);
  expect(await applyMigrations(url)).toEqual([]);
});

test.each([
  'UPDATE event SET action = action',
  'DELETE FROM event',
  'TRUNCATE event CASCADE',
  'UPDATE ruleset SET cause = cause',
  'TRUNCATE ruleset CASCADE',
])('history refuses %s', async (statement) => {
  await db.event.create({
    data: {
      action: 'test.write',
      actorKind: 'system',
      actorName: 'test',
      subjectType: 'test',
      subjectId: '1',
      body: '{}',
      occurredAt: new Date(),
    },
  });
  await db.$executeRaw`INSERT INTO ruleset (seq, payload, signature, key_id, rules, cause, expires_at) VALUES (1, '', '', '', 0, 'test', now()) ON CONFLICT DO NOTHING`;
  await expect(db.$executeRawUnsafe(statement)).rejects.toThrow(/append-only/);
});
