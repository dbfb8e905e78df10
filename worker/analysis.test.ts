import { spawn } from 'node:child_process';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { until } from '#bin/testing/run';
import { MAX_ATTEMPTS } from '#lib/clusters/analysis';
import { db } from '#lib/db';
import { env } from '#lib/env';
import { flagged } from '#tests/fixtures';
import { runAnalysis, sqlState } from './analysis.ts';

const lines = (name: string) =>
  Array.from({ length: 14 }, (_, line) => `v${line} = ${name}_${line}(a, ${line})`).join('\n');

async function arrive(completion: string): Promise<string> {
  const id = await flagged({ completion });
  await db.analysisTask.create({ data: { interactionId: id } });
  return id;
}

function startProcess() {
  const script = `
    import { runAnalysis } from ${JSON.stringify(path.join(import.meta.dirname, 'analysis.ts'))};
    runAnalysis(new AbortController().signal);`;
  return spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DATABASE_URL: env().DATABASE_URL },
    },
  );
}

test('processes killed in the middle lose nothing, double nothing, and others go on', async () => {
  const ids: string[] = [];
  for (let copy = 0; copy < 600; copy++) ids.push(await arrive(lines(`killed${copy % 40}`)));
  const members = () => db.clusterMember.count({ where: { interactionId: { in: ids } } });
  for (let round = 0; round < 3; round++) {
    const before = await members();
    const [one, two] = [startProcess(), startProcess()];
    // One that has a batch open is killed as likely as one between two.
    await until(async () => (await members()) > before || before === ids.length, 'some progress');
    one.kill('SIGKILL');
    two.kill('SIGKILL');
  }
  const last = startProcess();
  onTestFinished(() => void last.kill('SIGKILL'));
  await until(async () => (await db.analysisTask.count()) === 0, 'the rest');
  expect(await members()).toBe(ids.length);
  const clusters = await db.clusterMember.groupBy({
    by: ['clusterId'],
    where: { interactionId: { in: ids } },
    _count: true,
  });
  expect(clusters.map(({ _count }) => _count).sort()).toEqual(Array(40).fill(15));
  await until(async () => (await db.cluster.count({ where: { statsAt: null } })) === 0, 'the counts');
  expect(await db.cluster.count({ where: { size: 15, actors: 15, lastHour: 15 } })).toBe(40);
});

test('a poison row is tried a bounded number of times, alone, and its neighbours are not kept', async () => {
  const poison = await arrive(lines('poison'));
  const neighbours = [await arrive(lines('one')), await arrive(lines('two')), await arrive(lines('three'))];
  await db.$executeRawUnsafe(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.interaction_id = '${poison}' THEN RAISE EXCEPTION 'no' USING ERRCODE = 'check_violation'; END IF;
    RETURN NEW; END $$`);
  await db.$executeRawUnsafe(
    'CREATE TRIGGER refuse BEFORE INSERT ON cluster_member FOR EACH ROW EXECUTE FUNCTION refuse()',
  );
  const stop = new AbortController();
  const running = runAnalysis(stop.signal);
  await until(
    async () => (await db.clusterMember.count({ where: { interactionId: { in: neighbours } } })) === 3,
    'the neighbours',
    60_000,
  );
  stop.abort();
  await running;
  const task = await db.analysisTask.findUniqueOrThrow({ where: { interactionId: poison } });
  expect(task.attempts).toBe(MAX_ATTEMPTS);
  expect(await db.clusterMember.count({ where: { interactionId: poison } })).toBe(0);
});

test('tells what the database said from what its absence says', async () => {
  const said = await db.$queryRaw`SELECT 1 / 0`.catch((error: unknown) => error);
  expect(sqlState(said)).toBe('22012');
  expect(sqlState(new Error('connection lost'))).toBeNull();
});
