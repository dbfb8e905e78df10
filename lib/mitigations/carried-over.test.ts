import { expect, test } from 'vitest';
import { newId } from '#lib/ids';
import { beforeMigration } from '#tests/before-migration';

test('rules from before keys named holders: whose they are is taken from the history, not guessed', async () => {
  const { client, migrate } = await beforeMigration('20261130113142_second_person');
  try {
    const [ana, incident] = [newId(), newId()];
    await client.query(`INSERT INTO incident (id, title, severity) VALUES ('${incident}', 'T', 'sev2')`);
    const rule = async (
      author: string | null,
      live: boolean,
      acts: [action: string, kind: string, by?: string][],
    ) => {
      const id = newId();
      await client.query(
        `INSERT INTO mitigation (id, incident_id, title, scope, matcher, target, action, mode, tests, expires_at, author_id,
           state, approval_due_at, break_glass_reason)
         VALUES ($1, $2, 'T', '{}', '{}', 'completion', 'block', 'enforce', '{}', now() + interval '1 hour', $3, $4, $5, $6)`,
        [
          id,
          incident,
          author,
          live ? 'live' : 'draft',
          live ? new Date() : null,
          live ? 'nobody else' : null,
        ],
      );
      for (const [action, kind, by] of acts) {
        await client.query(
          `INSERT INTO event (action, actor_kind, actor_name, subject_type, subject_id, body, occurred_at)
           VALUES ($1, $2, 'x', 'mitigation', $3, $4, now())`,
          [action, kind, id, JSON.stringify({ data: { by } })],
        );
      }
      return id;
    };
    const rules = {
      byHand: await rule(ana, false, [['mitigation.draft', 'user']]),
      byKey: await rule(null, false, [['mitigation.draft', 'key']]),
      laundered: await rule(ana, false, [
        ['mitigation.draft', 'user'],
        ['mitigation.edit', 'key'],
      ]),
      broken: await rule(null, true, [
        ['mitigation.draft', 'key'],
        ['mitigation.publish', 'user', ana],
      ]),
      brokenAgain: await rule(null, true, [
        ['mitigation.draft', 'key'],
        ['mitigation.publish', 'user', ana],
      ]),
    };
    await migrate();
    const { rows } = await client.query(
      'SELECT id, writer_ids AS writers, writer_unknown AS unknown, glass_by_id AS glass FROM mitigation',
    );
    const of = (id: string) => {
      const { writers, unknown, glass } = rows.find((row) => row.id === id) ?? {};
      return { writers, unknown, glass };
    };
    expect(of(rules.byHand)).toEqual({ writers: [ana], unknown: false, glass: null });
    expect(of(rules.byKey)).toEqual({ writers: [], unknown: true, glass: null });
    expect(of(rules.laundered)).toEqual({ writers: [ana], unknown: true, glass: null });
    // The older of two that are outstanding stays barred to whoever broke glass for it.
    expect(of(rules.broken)).toEqual({ writers: [ana], unknown: true, glass: null });
    expect(of(rules.brokenAgain)).toEqual({ writers: [], unknown: true, glass: ana });
  } finally {
    await client.end();
  }
});
