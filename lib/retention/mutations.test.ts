import { beforeEach, expect, it } from 'vitest';
import { systemActor } from '#lib/actor';
import { claimInteraction } from '#lib/claims/mutations';
import { db } from '#lib/db';
import { exportIncident } from '#lib/exports/mutations';
import { declareIncident } from '#lib/incidents/mutations';
import { getInteraction } from '#lib/interactions/queries';
import { draftMitigation } from '#lib/mitigations/mutations';
import { changeReviewSettings } from '#lib/settings/mutations';
import { flagged, person } from '../../tests/fixtures.ts';
import { dropOldTexts, eraseActor } from './mutations.ts';
import { previewErasure } from './queries.ts';

const DAY = 86_400_000;
const worker = systemActor('retention');

/** As if it had arrived so many days ago: the table refuses a change, so it is written anew. */
async function aged(
  days: number,
  change: Record<string, unknown> = {},
  item: Record<string, unknown> | null = {},
) {
  const id = await flagged({ prompt: 'password = "hunter22"', before: 'x', completion: 'print("hunter22")' });
  const row = await db.interaction.findUniqueOrThrow({ where: { id } });
  const queued = await db.queueItem.findUniqueOrThrow({ where: { interactionId: id } });
  await db.interaction.delete({ where: { id } });
  const receivedAt = new Date(Date.now() - days * DAY);
  const { meta: _, sampling: __, notShown: ___, ...rest } = row;
  await db.interaction.create({
    data: { ...rest, receivedAt, path: 'src/a.py', meta: { note: 'n' }, ...change },
  });
  await db.finding.create({
    data: {
      interactionId: id,
      position: 0,
      detector: 'd',
      rule: 'r',
      category: 'secret',
      severity: 'high',
      message: 'saw hunter22',
    },
  });
  if (item) await db.queueItem.create({ data: { ...queued, receivedAt, ...item } });
  await db.secret.create({
    data: { interactionId: id, field: 'prompt', start: 12, end: 20, rule: 'password' },
  });
  await db.outcome.create({
    data: { interactionId: id, outcome: 'edited', occurredAt: new Date(), kept: 'raw' },
  });
  return id;
}

const read = (id: string) =>
  db.interaction.findUniqueOrThrow({
    where: { id },
    include: { outcomes: true, secrets: true, findings: true },
  });
const text = async (ids: string[]) => Promise.all(ids.map(async (id) => (await read(id)).prompt !== ''));

beforeEach(async () => {
  await db.queueItem.deleteMany();
  await db.analysisTask.deleteMany();
});

it('drops what has had its time and nothing else, once, with one event that names them by digest', async () => {
  const decided = (verdict: string, days: number) => ({
    state: 'decided',
    verdict,
    decidedAt: new Date(Date.now() - days * DAY),
  });
  const gone = [
    await aged(91),
    await aged(91, {}, decided('unsure', 1)),
    await aged(40, {}, decided('benign', 31)),
    await aged(15, { control: true }, null),
  ];
  const stays = [
    await aged(89),
    await aged(40, {}, decided('benign', 29)),
    await aged(400, {}, decided('harmful', 399)),
    await aged(13, { control: true }, null),
    await aged(91, {}, { stage: 'adjudication' }),
  ];
  const held = await aged(91);
  await claimInteraction(await person('reviewer'), { interactionId: held });
  const linked = await aged(91);
  await declareIncident(await person('commander'), {
    title: 'Kept',
    severity: 'sev3',
    interactionIds: [linked],
  });
  stays.push(held, linked);
  const digests = await Promise.all(gone.map(async (id) => (await read(id)).digest));

  // Batches of two, and two workers at once.
  const runs = await Promise.all([dropOldTexts(worker, 2), dropOldTexts(worker, 2)]);
  expect(runs.reduce((sum, { erased }) => sum + erased, 0)).toBe(4);
  expect(await text(gone)).toEqual([false, false, false, false]);
  expect((await text(stays)).every(Boolean)).toBe(true);
  const [first] = await Promise.all(gone.map(read));
  expect(first).toMatchObject({
    prompt: '',
    before: '',
    completion: '',
    path: null,
    meta: null,
    erasedFor: 'retention',
    secrets: [],
  });
  expect(first?.outcomes[0]?.kept).toBeNull();
  expect(first?.findings[0]).toMatchObject({ rule: 'r', message: null });
  expect(await Promise.all(gone.map(async (id) => (await read(id)).digest))).toEqual(digests);

  // Who was undecided left the queue; decided ones keep their word.
  const items = await db.queueItem.findMany({ where: { interactionId: { in: gone } } });
  expect(items.map(({ state }) => state).sort()).toEqual(['decided', 'decided', 'expired']);
  const events = await db.event.findMany({
    where: { action: { in: ['interactions.erase', 'interaction.expire'] } },
  });
  expect(
    events.filter(({ action }) => action === 'interaction.expire').map(({ subjectId }) => subjectId),
  ).toEqual([gone[0]]);
  const batches = events
    .filter(({ action }) => action === 'interactions.erase')
    .map(({ body }) => JSON.parse(body).data);
  expect(batches.reduce((sum, { count }) => sum + count, 0)).toBe(4);
  for (const { idsSha256 } of batches) expect(idsSha256).toMatch(/^[0-9a-f]{64}$/);
  expect(await dropOldTexts(worker)).toEqual({ erased: 0, expired: 0, batches: 0 });
  await expect(
    claimInteraction(await person('reviewer'), { interactionId: gone[0] ?? '' }),
  ).rejects.toMatchObject({
    code: 'conflict',
  });
  await expect(dropOldTexts(await person('lead'))).rejects.toMatchObject({ code: 'forbidden' });
});

it('keeps everything where the settings say so', async () => {
  const lead = await person('lead');
  const never = { keepUndecidedDays: null, keepBenignDays: null, keepControlDays: null };
  await changeReviewSettings(lead, never);
  const id = await aged(4_000);
  expect((await dropOldTexts(worker)).erased).toBe(0);
  expect(await text([id])).toEqual([true]);
  await changeReviewSettings(lead, { keepUndecidedDays: 90, keepBenignDays: 30, keepControlDays: 14 });
});

it('erases a person everywhere, also what retention had erased, and every proof still holds', async () => {
  const admin = await person('admin');
  const commander = await person('commander');
  const mine = { actorId: 'user-1 of acme' };
  const harmful = await aged(3, mine, { state: 'decided', verdict: 'harmful', decidedAt: new Date() });
  const waiting = await aged(3, mine);
  const old = await aged(91, mine);
  const other = await aged(3, { actorId: 'user-12' });
  await dropOldTexts(worker);
  const { ref } = await declareIncident(commander, {
    title: 'I',
    severity: 'sev2',
    interactionIds: [harmful],
  });
  await draftMitigation(commander, {
    incident: ref,
    title: 'R',
    scope: {},
    matcher: { kind: 'literal', text: 'print(', ignoreCase: false },
    target: 'completion',
    action: 'block',
    mode: 'enforce',
    expiresInMinutes: 60,
    tests: { mustMatch: [{ text: 'print("hunter22")', language: 'python' }], mustNotMatch: [] },
  });
  const eventLines = async () => {
    const lines: string[] = [];
    for await (const line of (
      await exportIncident(await person('auditor'), { incident: ref, format: 'ndjson' })
    ).lines)
      lines.push(String(line));
    return lines
      .join('')
      .split('\n')
      .filter((line) => line.includes('"type":"event"'));
  };
  const before = await eventLines();
  const digest = (await read(harmful)).digest;

  expect(await previewErasure(admin, mine)).toEqual({
    interactions: 3,
    texts: 2,
    pending: 1,
    linked: 1,
    harmful: 1,
  });
  const input = { ...mine, reason: 'asked by letter on 3 November' };
  const result = await eraseActor(admin, input);
  expect(result).toMatchObject({ interactions: 3, erased: 2, expired: 1 });
  expect(await text([harmful, waiting, old, other])).toEqual([false, false, false, true]);
  const names = await Promise.all([harmful, waiting, old].map(async (id) => (await read(id)).actorId));
  expect(new Set(names).size).toBe(1);
  expect(names[0]).toMatch(/^erased:[0-9a-f-]{36}$/);
  expect((await read(old)).findings[0]?.message).toBeNull();
  expect((await read(harmful)).digest).toEqual(digest);
  expect((await getInteraction(admin, harmful)).erasedFor).toBe('request');

  const after = await eventLines();
  expect(after.slice(0, before.length)).toEqual(before);
  const everything = JSON.stringify(await db.event.findMany({ select: { body: true, subjectId: true } }));
  expect(everything).not.toContain(mine.actorId);
  await expect(eraseActor(admin, input)).rejects.toMatchObject({ code: 'not_found' });
  await expect(eraseActor(commander, input)).rejects.toMatchObject({ code: 'forbidden' });
});

it('the table itself refuses every other change', async () => {
  const id = await aged(1);
  const refused = { message: expect.stringContaining('append-only') };
  await expect(
    db.$executeRaw`UPDATE interaction SET prompt = '' WHERE id = ${id}::uuid`,
  ).rejects.toMatchObject(refused);
  await expect(
    db.$executeRaw`UPDATE interaction SET actor_id = 'erased:x' WHERE id = ${id}::uuid`,
  ).rejects.toMatchObject(refused);
  await expect(
    db.$executeRaw`UPDATE finding SET message = NULL WHERE interaction_id = ${id}::uuid`,
  ).rejects.toMatchObject(refused);
  await expect(db.$executeRaw`
    UPDATE interaction SET prompt = 'other', erased_at = now(), erased_for = 'x' WHERE id = ${id}::uuid`).rejects.toMatchObject(
    refused,
  );
});
