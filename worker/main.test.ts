import { expect, onTestFinished, test } from 'vitest';
import { until } from '#bin/testing/run';
import { db } from '#lib/db';
import { declareIncident } from '#lib/incidents/mutations';
import { approveMitigation, draftMitigation, publishMitigation } from '#lib/mitigations/mutations';
import { flagged, person } from '#tests/fixtures';
import { startWorker } from './main.ts';

const newest = () => db.ruleset.findFirst({ orderBy: { seq: 'desc' } });
const unordered = () => db.event.count({ where: { leaf: null } });

test('publishes the first ruleset, orders events, ends a rule at its time, and survives lost connections', async () => {
  let readyCount = 0;
  const worker = startWorker({ onReady: () => (readyCount += 1) });
  onTestFinished(() => worker.stop());
  await until(async () => readyCount === 1 && (await newest())?.cause === 'first', 'the first ruleset');

  // Every connection of this process is cut, as by a restart of Postgres.
  await db.$queryRaw`SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()`;

  const commander = await person('commander');
  const { ref } = await declareIncident(commander, {
    title: 'Rule that ends',
    severity: 'sev2',
    interactionIds: [await flagged()],
  });
  const rule = await draftMitigation(commander, {
    incident: ref,
    title: 'Ends soon',
    scope: {},
    matcher: { kind: 'literal', text: 'SELECT * FROM users', ignoreCase: false },
    target: 'completion',
    action: 'block',
    mode: 'enforce',
    expiresInMinutes: 60,
  });
  await approveMitigation(await person('commander'), { mitigation: rule.id });
  await publishMitigation(commander, { mitigation: rule.id });
  const expiresAt = new Date(Date.now() + 1_500);
  await db.mitigation.update({ where: { id: rule.id }, data: { expiresAt } });

  await until(
    async () => (await newest())?.cause.startsWith('expire') === true,
    'the end of the rule',
    25_000,
  );
  const ended = await db.mitigation.findUniqueOrThrow({ where: { id: rule.id } });
  expect(ended.state).toBe('expired');
  expect(ended.endedAt?.getTime()).toBeGreaterThanOrEqual(expiresAt.getTime());
  expect((await newest())?.rules).toBe(0);
  expect(
    await db.event.count({ where: { action: 'mitigation.expire', subjectId: rule.id, actorKind: 'system' } }),
  ).toBe(1);
  await until(async () => (await unordered()) === 0, 'the order of all events');
});
