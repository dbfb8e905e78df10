import { Client } from 'pg';
import { beforeEach, expect, test } from 'vitest';
import { systemActor } from '#lib/actor';
import { db } from '#lib/db';
import { env } from '#lib/env';
import { newId } from '#lib/ids';
import { openEnvelope } from '#sdk/snapshot';
import { machine, person } from '../../tests/fixtures.ts';
import { restoredTo } from '../../tests/restored.ts';
import { renewSnapshot } from './mutations.ts';
import { publishSnapshot } from './publish.ts';
import { latestRuleset } from './queries.ts';
import { publicKeyPem } from './signing.ts';

let incidentId: string;

beforeEach(async () => {
  await db.mitigation.updateMany({ data: { state: 'withdrawn' } });
  incidentId = newId();
  await db.incident.create({ data: { id: incidentId, title: 'Test', severity: 'sev2' } });
});

/** A rule that is already live, as the publish verb leaves it just before the snapshot. */
function liveRule(overrides: { pattern?: string; text?: string; expiresAt?: Date } = {}) {
  return {
    id: newId(),
    incidentId,
    title: 'Rule',
    scope: {},
    matcher: { kind: 're2', pattern: overrides.pattern ?? 'evil\\(', ignoreCase: false },
    target: 'completion',
    action: 'block',
    mode: 'enforce',
    tests: { mustMatch: [{ text: overrides.text ?? 'evil(1)' }], mustNotMatch: [] },
    expiresAt: overrides.expiresAt ?? new Date(Date.now() + 3_600_000),
    state: 'live',
  };
}

async function opened() {
  const newest = await latestRuleset();
  if (!newest) throw new Error('no ruleset');
  const { payload, signature, keyId } = newest;
  return openEnvelope(JSON.stringify({ payload, signature, keyId }), [publicKeyPem()]);
}

test('ten concurrent publishes get consecutive numbers and the last one carries all ten rules', async () => {
  const before = (await latestRuleset())?.seq ?? 0;
  const seqs = await Promise.all(
    Array.from({ length: 10 }, () =>
      db.$transaction(async (tx) => {
        await tx.mitigation.create({ data: liveRule() });
        return publishSnapshot(tx, 'publish test');
      }),
    ),
  );
  expect(seqs.sort((a, b) => a - b)).toEqual(Array.from({ length: 10 }, (_, index) => before + index + 1));
  const snapshot = await opened();
  expect(snapshot.seq).toBe(before + 10);
  expect(snapshot.rules).toHaveLength(10);
});

test('without the lock the same race gives one number twice', async () => {
  // Two transactions that both read the highest number before either commits: what the lock is for.
  let reading = 2;
  let bothHaveRead = () => {};
  const both = new Promise<void>((resolve) => {
    bothHaveRead = resolve;
  });
  const naive = () =>
    db.$transaction(async (tx) => {
      const last = await tx.ruleset.aggregate({ _max: { seq: true } });
      reading -= 1;
      if (reading === 0) bothHaveRead();
      await both;
      const seq = (last._max.seq ?? 0) + 1;
      const expiresAt = new Date(Date.now() + 60_000);
      await tx.ruleset.create({
        data: { seq, payload: '{}', signature: '', keyId: '', rules: 0, cause: 'naive', expiresAt },
      });
    });
  const results = await Promise.allSettled([naive(), naive()]);
  expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
});

test('a rule past its end stays out, also before the worker has marked it', async () => {
  await db.mitigation.create({ data: liveRule({ expiresAt: new Date(Date.now() - 1_000) }) });
  await db.$transaction((tx) => publishSnapshot(tx, 'test'));
  expect((await opened()).rules).toEqual([]);
});

test.each([
  ['an invalid pattern', { pattern: '(' }, /R-\d+ cannot run/],
  ['a pattern without text', { pattern: 'x*' }, /R-\d+ cannot run/],
  ['a failing vector', { text: 'harmless' }, /R-\d+ fails its own tests/],
])('%s does not leave the building', async (_, overrides, message) => {
  const before = await latestRuleset();
  const publish = db.$transaction(async (tx) => {
    await tx.mitigation.create({ data: liveRule(overrides) });
    return publishSnapshot(tx, 'test');
  });
  await expect(publish).rejects.toMatchObject({ code: 'invalid', message: expect.stringMatching(message) });
  expect(await latestRuleset()).toEqual(before);
});

test('rules that do not fit the wire format are named', async () => {
  await db.mitigation.create({ data: { ...liveRule(), action: 'explode' } });
  const publish = db.$transaction((tx) => publishSnapshot(tx, 'test'));
  await expect(publish).rejects.toMatchObject({
    code: 'invalid',
    message: expect.stringMatching(/^R-\d+ .*action/),
  });
});

test('a set larger than instances accept is refused', async () => {
  const vector = (index: number) => ({ text: `evil(${index}${'x'.repeat(16_000)}` });
  const tests = { mustMatch: Array.from({ length: 40 }, (_, index) => vector(index)), mustNotMatch: [] };
  await db.mitigation.createMany({ data: Array.from({ length: 14 }, () => ({ ...liveRule(), tests })) });
  const publish = db.$transaction((tx) => publishSnapshot(tx, 'test'));
  await expect(publish).rejects.toMatchObject({ code: 'too_large' });
});

test('the feed is told at commit, and not when the transaction fails', async () => {
  const listener = new Client({ connectionString: env().DATABASE_URL });
  await listener.connect();
  try {
    const heard: string[] = [];
    listener.on('notification', ({ payload }) => heard.push(payload ?? ''));
    await listener.query('LISTEN stopgap_ruleset');
    const failed = db.$transaction(async (tx) => {
      await publishSnapshot(tx, 'test');
      throw new Error('changed my mind');
    });
    await expect(failed).rejects.toThrow('changed my mind');
    const seq = await db.$transaction((tx) => publishSnapshot(tx, 'test'));
    await expect.poll(() => heard).toEqual([String(seq)]);
  } finally {
    await listener.end();
  }
});

test('renewal publishes once when there is none or it is a day old, whoever asks at the same time', async () => {
  await restoredTo(0);
  await db.mitigation.create({ data: liveRule() });
  const first = await Promise.all([renewSnapshot(), renewSnapshot(systemActor('worker'))]);
  expect(first.filter((seq) => seq !== null)).toEqual([1]);
  await db.$executeRaw`ALTER TABLE ruleset DISABLE TRIGGER USER`;
  await db.$executeRaw`UPDATE ruleset SET published_at = now() - interval '25 hours'`;
  expect(await renewSnapshot()).toBe(2);
  expect(await renewSnapshot()).toBeNull();
  expect((await opened()).rules).toHaveLength(1);
  await db.$executeRaw`ALTER TABLE ruleset ENABLE TRIGGER USER`;
  const event = await db.event.findFirst({ where: { action: 'ruleset.renew', subjectId: '2' } });
  expect(event?.actorKind).toBe('system');
});

test('renewal is for the system and for those who may publish', async () => {
  await expect(renewSnapshot(await person('auditor'))).rejects.toMatchObject({ code: 'forbidden' });
  await expect(renewSnapshot(await machine(['feed']))).rejects.toMatchObject({ code: 'forbidden' });
});
