import { beforeAll, describe, expect, it } from 'vitest';
import type { UserActor } from '#lib/actor';
import { db, type Prisma } from '#lib/db';
import { newId } from '#lib/ids';
import { publishSnapshot } from '#lib/rulesets/publish';
import { flagged, machine, person, ruleRow } from '../../tests/fixtures.ts';
import {
  assignCommander,
  changeSeverity,
  declareIncident,
  linkInteractions,
  noteIncident,
  transitionIncident,
} from './mutations.ts';
import { getIncident } from './queries.ts';
import type { IncidentState } from './states.ts';

let ana: UserActor;
let bo: UserActor;
let rita: UserActor;
let auditor: UserActor;

beforeAll(async () => {
  ana = await person('commander', 'Ana');
  bo = await person('lead', 'Bo');
  rita = await person('reviewer', 'Rita');
  auditor = await person('auditor', 'Omar');
});

async function lastEvent(incidentId: string) {
  const event = await db.event.findFirstOrThrow({ where: { incidentId }, orderBy: { incidentSeq: 'desc' } });
  return { action: event.action, actor: event.actorName, ...JSON.parse(event.body).data };
}

async function declared(commander: UserActor | null = ana) {
  return declareIncident(ana, { title: 'SQL by plus', severity: 'sev2', commanderId: commander?.id ?? null });
}

/** Walks an incident forward along states that need nothing but a commander. */
async function walkTo(ref: string, ...states: IncidentState[]) {
  let version = (await getIncident(ana, ref)).version;
  for (const to of states)
    ({ version } = await transitionIncident(ana, { incident: ref, to, version, reason: 'walk' }));
  return version;
}

/** A rule of the incident, live and published, and what an instance says of itself that has it active. */
async function liveRule(
  incidentId: string,
  instance: Partial<Prisma.InstanceCreateInput> | null,
  rule: Parameters<typeof ruleRow>[0] = {},
) {
  await db.mitigation.updateMany({ where: { state: 'live' }, data: { state: 'withdrawn' } });
  await ruleRow({ incidentId, state: 'live', stage: 'full', ...rule });
  const activeSeq = await db.$transaction((tx) => publishSnapshot(tx, 'test'));
  await db.instance.deleteMany();
  if (!instance) return;
  const said = { id: 'one', labels: {}, sdkVersion: '1', state: 'active', activeSeq, lastSeenAt: new Date() };
  await db.instance.create({ data: { ...said, ...instance } });
}

describe('declareIncident', () => {
  it('works with links and a commander, and leaves its event', async () => {
    const ids = [await flagged(), await flagged()];
    const input = { title: 'Weak hash', severity: 'sev3', commanderId: bo.id, interactionIds: ids } as const;
    const made = await declareIncident(rita, { ...input, interactionIds: [...ids, ids[0] ?? ''] });
    const incident = await getIncident(rita, made.ref);
    expect(incident).toMatchObject({ state: 'new', version: 1, episode: 1, commander: { name: 'Bo' } });
    expect(incident.interactions.map((row) => row.id).sort()).toEqual([...ids].sort());
    expect(incident.interactions[0]?.finding?.cwe).toBe('CWE-89');
    expect(await lastEvent(made.id)).toMatchObject({
      action: 'incident.declare',
      actor: 'Rita',
      ref: made.ref,
      commander: { name: 'Bo' },
      interactionIds: [...ids].sort(),
    });
  });

  it('is forbidden for an auditor and for an ingest key', async () => {
    const input = { title: 'x', severity: 'sev4' } as const;
    await expect(declareIncident(auditor, input)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(declareIncident(await machine(['ingest']), input)).rejects.toMatchObject({
      code: 'forbidden',
    });
  });

  it('refuses a commander who may not lead, and leaves nothing', async () => {
    const before = await db.incident.count();
    const gone = await person('commander', 'Gone');
    await db.user.update({ where: { id: gone.id }, data: { disabledAt: new Date() } });
    for (const [id, says] of [
      [rita.id, 'Rita is a reviewer'],
      [gone.id, 'Gone is disabled'],
      [newId(), 'nobody'],
    ] as const) {
      const attempt = declareIncident(ana, { title: 'x', severity: 'sev1', commanderId: id });
      await expect(attempt).rejects.toThrow(says);
    }
    expect(await db.incident.count()).toBe(before);
  });

  it('names interactions that do not exist, and leaves nothing', async () => {
    const before = await db.event.count();
    const unknown = newId();
    const attempt = declareIncident(ana, {
      title: 'x',
      severity: 'sev1',
      interactionIds: [await flagged(), unknown],
    });
    await expect(attempt).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining(unknown),
    });
    expect(await db.event.count()).toBe(before);
  });
});

describe('transitionIncident', () => {
  it('walks the whole life, each move with before and after, and reopens as another episode', async () => {
    const { ref, id } = await declared();
    await walkTo(
      ref,
      'triaging',
      'investigating',
      'mitigating',
      'monitoring',
      'resolved',
      'reviewing',
      'closed',
    );
    expect(await lastEvent(id)).toMatchObject({
      action: 'incident.transition',
      before: { state: 'reviewing', version: 7 },
      after: { state: 'closed', version: 8 },
      reason: 'walk',
    });
    const again = await transitionIncident(ana, {
      incident: ref,
      to: 'investigating',
      version: 8,
      reason: 'back',
    });
    expect(again).toEqual({ ref, state: 'investigating', version: 9, episode: 2 });
    expect(await lastEvent(id)).toMatchObject({ kind: 'reopen', after: { episode: 2 } });
  });

  it('is forbidden for a reviewer', async () => {
    const { ref } = await declared();
    const attempt = transitionIncident(rita, { incident: ref, to: 'triaging', version: 1 });
    await expect(attempt).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('refuses a stale version, naming who changed it; and a move the table does not have', async () => {
    const { ref } = await declared();
    await transitionIncident(bo, { incident: ref, to: 'triaging', version: 1 });
    const stale = transitionIncident(ana, { incident: ref, to: 'triaging', version: 1 });
    await expect(stale).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('Bo changed'),
    });
    const jump = transitionIncident(ana, { incident: ref, to: 'closed', version: 2, reason: 'no' });
    await expect(jump).rejects.toThrow('is triaging; from there it cannot become closed');
  });

  it('does not know an incident that is not there', async () => {
    for (const incident of ['INC-99999', newId(), 'nonsense']) {
      const attempt = transitionIncident(ana, { incident, to: 'triaging', version: 1 });
      await expect(attempt).rejects.toMatchObject({ code: 'not_found' });
    }
  });

  it('asks the guards in the database: commander, enforced rule, no live rule', async () => {
    const { ref, id } = await declared(null);
    await walkTo(ref, 'triaging', 'investigating');
    const mitigate = () => transitionIncident(ana, { incident: ref, to: 'mitigating', version: 3 });
    await expect(mitigate()).rejects.toThrow('needs a commander');
    await assignCommander(ana, { incident: ref, version: 3, commanderId: bo.id });
    await transitionIncident(ana, { incident: ref, to: 'mitigating', version: 4 });

    const monitor = () => transitionIncident(ana, { incident: ref, to: 'monitoring', version: 5 });
    await expect(monitor()).rejects.toThrow('a live rule that is enforced');
    const nobody: [string, Parameters<typeof liveRule>[1], Parameters<typeof liveRule>[2]?][] = [
      ['nobody is connected', null],
      ['a relay enforces nothing', { kind: 'relay' }],
      ['in shadow it stops nothing', {}, { stage: 'shadow' }],
      [
        'it is meant for another region',
        { labels: { region: 'eu' } },
        { scope: { labels: { region: 'us' } } },
      ],
      ['its ruleset is an older one', { activeSeq: 1 }],
      ['its ruleset is none of ours', { activeSeq: 9_999 }],
      ['its ruleset has other content', { activeSha256: 'f'.repeat(64) }],
      ['it is silent', { lastSeenAt: new Date(Date.now() - 26_000) }],
      ['it said goodbye', { closedAt: new Date() }],
      ['a person retired it', { retiredAt: new Date() }],
      ['its clock is past the end', { clockSkewMs: 7_200_000 }],
      ['it begins later', {}, { startsAt: new Date(Date.now() + 600_000) }],
    ];
    for (const [why, instance, rule] of nobody) {
      await liveRule(id, instance, rule);
      await expect(monitor(), why).rejects.toThrow('a live rule that is enforced');
    }
    await liveRule(id, { labels: { region: 'us' } }, { scope: { labels: { region: 'us' } } });
    const demoted = await db.mitigation.findFirstOrThrow({ where: { state: 'live' } });
    const breakers = [{ ruleId: demoted.id, reason: 'slow', since: new Date().toISOString() }];
    await db.instance.updateMany({ data: { breakers } });
    await expect(monitor(), 'it demoted the rule').rejects.toThrow('a live rule that is enforced');
    await db.instance.updateMany({ data: { breakers: [] } });
    await monitor();

    const resolve = (reason: string) =>
      transitionIncident(ana, { incident: ref, to: 'resolved', version: 6, reason });
    await expect(resolve('')).rejects.toThrow('no live rules');
    await expect(resolve('they end tonight')).resolves.toMatchObject({ state: 'resolved' });
  });

  it('merges: evidence is linked to the other, both histories say so, and it takes no more', async () => {
    const shared = await flagged();
    const one = await declareIncident(ana, {
      title: 'a',
      severity: 'sev4',
      interactionIds: [shared, await flagged()],
    });
    const two = await declareIncident(ana, { title: 'b', severity: 'sev4', interactionIds: [shared] });
    const merge = (from: string, into?: string) =>
      transitionIncident(ana, { incident: from, to: 'merged', version: 1, ...(into && { mergeInto: into }) });
    await expect(merge(one.ref)).rejects.toThrow('the incident it is merged into');
    await expect(merge(one.ref, one.ref)).rejects.toThrow('into itself');
    await expect(merge(one.ref, 'INC-99999')).rejects.toMatchObject({ code: 'not_found' });
    await merge(one.ref, two.ref);
    expect(await getIncident(ana, one.ref)).toMatchObject({ state: 'merged', mergedInto: two.ref });
    expect((await getIncident(ana, two.id)).interactionCount).toBe(2);
    expect(await lastEvent(two.id)).toMatchObject({
      action: 'incident.absorb',
      from: one.ref,
      interactions: 1,
    });
    await expect(noteIncident(ana, { incident: one.ref, text: 'late' })).rejects.toMatchObject({
      code: 'conflict',
    });
    await expect(merge(two.ref, one.ref)).rejects.toThrow('is merged');
  });

  it('two merges into each other at once: one wins, no deadlock', async () => {
    const [one, two] = [await declared(), await declared()];
    const results = await Promise.allSettled([
      transitionIncident(ana, { incident: one.ref, to: 'merged', version: 1, mergeInto: two.ref }),
      transitionIncident(bo, { incident: two.ref, to: 'merged', version: 1, mergeInto: one.ref }),
    ]);
    expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
    const lost = results.find((result) => result.status === 'rejected');
    expect(lost?.reason).toMatchObject({ code: 'conflict' });
  });
});

describe('assignCommander', () => {
  it('hands over, with both names in the event', async () => {
    const { ref, id } = await declared(ana);
    expect(await assignCommander(bo, { incident: ref, version: 1, commanderId: bo.id })).toEqual({
      version: 2,
    });
    expect(await lastEvent(id)).toMatchObject({ before: { name: 'Ana' }, after: { name: 'Bo' } });
  });

  it('is forbidden for a reviewer, refused to a reviewer, stale, repeated, and for no incident', async () => {
    const { ref } = await declared(ana);
    const input = { incident: ref, version: 1, commanderId: bo.id };
    await expect(assignCommander(rita, input)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(assignCommander(bo, { ...input, commanderId: rita.id })).rejects.toMatchObject({
      code: 'invalid',
    });
    await expect(assignCommander(bo, { ...input, commanderId: ana.id })).rejects.toThrow('Ana commands');
    await expect(assignCommander(bo, { ...input, version: 2 })).rejects.toMatchObject({ code: 'conflict' });
    await expect(assignCommander(bo, { ...input, incident: 'INC-99999' })).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});

describe('changeSeverity', () => {
  it('works and keeps the reason', async () => {
    const { ref, id } = await declared();
    await changeSeverity(bo, { incident: ref, version: 1, severity: 'sev1', reason: 'spreads' });
    expect((await getIncident(bo, ref)).severity).toBe('sev1');
    expect(await lastEvent(id)).toMatchObject({
      action: 'incident.severity',
      before: 'sev2',
      after: 'sev1',
      reason: 'spreads',
    });
  });

  it('is forbidden, stale, repeated, and for no incident', async () => {
    const { ref } = await declared();
    const input = { incident: ref, version: 1, severity: 'sev1', reason: 'spreads' } as const;
    await expect(changeSeverity(rita, input)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(changeSeverity(bo, { ...input, version: 7 })).rejects.toMatchObject({ code: 'conflict' });
    await expect(changeSeverity(bo, { ...input, severity: 'sev2' })).rejects.toThrow('SEV2 already');
    await expect(changeSeverity(bo, { ...input, incident: newId() })).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});

describe('noteIncident', () => {
  it('works and leaves its event; the row stays at its version', async () => {
    const { ref, id } = await declared();
    await noteIncident(await machine(['respond']), { incident: ref, text: 'line one\r\n=line two' });
    expect(await lastEvent(id)).toMatchObject({ action: 'incident.note', text: 'line one\r\n=line two' });
    expect((await getIncident(ana, ref)).version).toBe(1);
  });

  it('is forbidden for an auditor and unknown for no incident', async () => {
    const { ref } = await declared();
    await expect(noteIncident(auditor, { incident: ref, text: 'x' })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await expect(noteIncident(ana, { incident: 'INC-99999', text: 'x' })).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});

describe('linkInteractions', () => {
  it('links once, however often it is asked', async () => {
    const { ref, id } = await declared();
    const one = await flagged();
    const two = await flagged();
    expect(await linkInteractions(rita, { incident: ref, interactionIds: [one] })).toEqual({ linked: 1 });
    expect(await linkInteractions(rita, { incident: ref, interactionIds: [one, two.toUpperCase()] })).toEqual(
      { linked: 1 },
    );
    expect(await lastEvent(id)).toMatchObject({ action: 'incident.link', interactionIds: [two] });
    const events = await db.event.count({ where: { incidentId: id } });
    expect(await linkInteractions(rita, { incident: ref, interactionIds: [one, two] })).toEqual({
      linked: 0,
    });
    expect(await db.event.count({ where: { incidentId: id } })).toBe(events);
  });

  it('is forbidden, unknown, and refused after a merge', async () => {
    const { ref } = await declared();
    const ids = [await flagged()];
    const input = { incident: ref, interactionIds: ids };
    await expect(linkInteractions(auditor, input)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(linkInteractions(ana, { ...input, incident: newId() })).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(linkInteractions(ana, { ...input, interactionIds: [newId()] })).rejects.toMatchObject({
      code: 'invalid',
    });
    const other = await declared();
    await transitionIncident(ana, { incident: ref, to: 'merged', version: 1, mergeInto: other.ref });
    await expect(linkInteractions(ana, input)).rejects.toMatchObject({ code: 'conflict' });
  });
});
