import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from '@playwright/test';
import { api, apiKey, letOut, signedIn, test } from './fixtures.ts';
import { Serving } from './serving.ts';
import { stack } from './stack.ts';

const EVIL = 'import evilpackage_for_survival';
const PROCESSES = ['web', 'worker', 'feed', 'postgres'] as const;

function row(id: string) {
  return {
    id,
    occurredAt: '2026-11-22T14:05:00Z',
    model: { name: 'survivor', version: '1' },
    surface: 'inline',
    language: 'python',
    actor: { id: 'u' },
    prompt: `row ${id}`,
    completion: EVIL,
    findings: [{ detector: 'test', category: 'malicious_package', severity: 'high' }],
  };
}

/** The pid of a process that the stack's supervisor runs; null while there is none. */
function pidOf(name: (typeof PROCESSES)[number]): number | null {
  if (name === 'postgres') return postmaster();
  const table = execFileSync('ps', ['-ax', '-o', 'pid=,ppid=,command='], { encoding: 'utf8' });
  const line = table.split('\n').find((each) => {
    const [, ppid] = each.trim().split(/\s+/);
    return Number(ppid) === stack().supervisorPid && each.trim().endsWith(`bin/stopgap.ts ${name}`);
  });
  return Number(line?.trim().split(/\s+/)[0]) || null;
}

function postmaster(): number | null {
  try {
    const [pid] = readFileSync(path.join(stack().dataDir, 'postgres/postmaster.pid'), 'utf8').split('\n');
    return Number(pid) || null;
  } catch (error) {
    // Removed by the server that recovers, before it writes its own.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Whether another process has taken the place of the one that was killed, and everything serves again. */
async function isBack(name: (typeof PROCESSES)[number], killed: number): Promise<boolean> {
  const pid = pidOf(name);
  return pid !== null && pid !== killed && healthy();
}

async function healthy(): Promise<boolean> {
  const answers = await Promise.all(
    [`${stack().web}/readyz`, `${stack().feed}/readyz`].map((url) =>
      fetch(url).then(
        (response) => response.ok,
        () => false,
      ),
    ),
  );
  return answers.every(Boolean);
}

/** Sends rows one by one until told to stop; remembers which were acknowledged. */
function traffic(key: string) {
  const acknowledged: string[] = [];
  let running = true;
  const done = (async () => {
    for (let n = 0; running; n += 1) {
      const id = `survival-${n}`;
      const answer = await api(key, 'POST', '/api/v1/interactions', row(id)).catch(() => null);
      if (answer?.status === 200) acknowledged.push(id);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return {
    acknowledged,
    stop: async () => {
      running = false;
      await done;
    },
  };
}

test('kill -9 of web, worker, feed and Postgres in turn, while traffic runs', async ({ browser }) => {
  const ingest = await apiKey('ingest', 'survival');
  const respond = await apiKey('respond', 'survival-respond');
  const serving = new Serving({
    feed: stack().feed,
    key: await apiKey('feed', 'survival-feed'),
    instanceId: 'survival-1',
    dir: await mkdtemp(path.join(tmpdir(), 'stopgap-serving-')),
  });
  await serving.ready;

  const [one, other] = await Promise.all([
    signedIn(browser, 'commander', 'One Commander'),
    signedIn(browser, 'commander', 'Other Commander'),
  ]);
  const incident = await api(respond, 'POST', '/api/v1/incidents', { title: 'Survival', severity: 'sev2' });
  const publish = async (name: string) => {
    const draft = await api(respond, 'POST', '/api/v1/mitigations', {
      incident: incident.body.ref,
      title: `Stop ${name}`,
      scope: {},
      target: 'completion',
      matcher: { kind: 'imports', packages: [name] },
      action: 'block',
      mode: 'enforce',
      // At once and everywhere: stages have a test of their own.
      plan: { canarySeconds: 0 },
      expiresInMinutes: 30,
      tests: { mustMatch: [{ text: `import ${name}`, language: 'python' }], mustNotMatch: [] },
    });
    expect(draft, JSON.stringify(draft.body)).toMatchObject({ status: 201 });
    await letOut(one, other, String(draft.body.ref));
  };
  const evil = { language: 'python', completion: EVIL };
  await publish('evilpackage_for_survival');
  await serving.until('block', evil);

  const sent = traffic(ingest);
  for (const name of PROCESSES) {
    const pid = pidOf(name) ?? 0;
    expect(pid, `the pid of ${name}`).toBeGreaterThan(0);
    const before = sent.acknowledged.length;
    process.kill(pid, 'SIGKILL');
    // The serving layer notices nothing: every single answer is still the rule's.
    for (let n = 0; n < 50; n += 1) {
      expect((await serving.decide(evil)).decision.verdict).toBe('block');
      // Among what is harmless, as in life: a rule that hits everything is demoted by the instance itself.
      for (let other = 0; other < 2; other += 1) await serving.decide({ ...evil, completion: 'import os' });
    }
    await expect.poll(() => isBack(name, pid), { message: `${name} comes back` }).toBe(true);
    await expect
      .poll(() => sent.acknowledged.length, { message: `traffic goes on after ${name}` })
      .toBeGreaterThan(before + 5);
  }
  await sent.stop();

  // A replay that answers "duplicate" is the proof that the acknowledged row is there, byte for byte.
  const ids = sent.acknowledged;
  expect(ids.length).toBeGreaterThan(5 * PROCESSES.length);
  for (let at = 0; at < ids.length; at += 500) {
    const replay = await api(ingest, 'POST', '/api/v1/interactions', ids.slice(at, at + 500).map(row));
    expect(replay.body).toMatchObject({
      created: 0,
      conflicts: 0,
      invalid: 0,
      duplicates: Math.min(500, ids.length - at),
    });
  }

  // And the whole chain works again: a new rule reaches the instance that lived through all of it.
  await publish('second_evil_package');
  await serving.until('block', { language: 'python', completion: 'import second_evil_package' });
  await serving.stop();
});
