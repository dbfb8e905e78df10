import { beforeAll, describe, expect, it } from 'vitest';
import { mergeLines } from '#lib/audit/merge-lines';
import { incidentTimeline } from '#lib/audit/queries';
import { db } from '#lib/db';
import { approveMitigation, publishMitigation } from '#lib/mitigations/mutations';
import { flagged } from '../../tests/fixtures.ts';
import { ruleDesk } from '../../tests/rules.ts';
import { mergeCargo } from './merge.ts';
import { declareIncident, noteIncident, transitionIncident } from './mutations.ts';
import { getIncident } from './queries.ts';

let desk: Awaited<ReturnType<typeof ruleDesk>>;

beforeAll(async () => {
  desk = await ruleDesk();
});

async function incident(title: string, interactionIds: string[] = []) {
  return declareIncident(desk.ana, { title, severity: 'sev2', interactionIds });
}

async function move(ref: string, to: 'merged' | 'new' | 'triaging', mergeInto?: string, reason = '') {
  const { version } = await getIncident(desk.ana, ref);
  return transitionIncident(desk.ana, {
    incident: ref,
    to,
    version,
    reason,
    ...(mergeInto && { mergeInto }),
  });
}

/** An incident with two interactions, a note, an approved rule and a draft. */
async function caseWithRules() {
  const completion = `cursor.execute("SELECT 1 WHERE n = '" + n + "'")\n`;
  const evidence = [await flagged({ completion }), await flagged({ completion })];
  const from = await incident('checkout snippet', evidence);
  const approved = await desk.draft(desk.ana, { incident: from.ref });
  await approveMitigation(desk.bo, { mitigation: approved.ref, version: 1 });
  const draft = await desk.draft(desk.ana, { incident: from.ref });
  await noteIncident(desk.bo, { incident: from.ref, text: 'root cause: template v14' });
  return { from, approved, draft, evidence };
}

const mustMatch = [{ text: `execute("SELECT 1" + n)`, language: 'python' }];
const rulesOf = async (ref: string) =>
  (await getIncident(desk.ana, ref)).mitigations.map((rule) => [rule.ref, rule.state]);

describe('a merge', () => {
  it('takes rules with their approvals, evidence and history along, and says so', async () => {
    const { from, approved, draft } = await caseWithRules();
    const into = await incident('same snippet, other tenant', [await flagged()]);
    expect(await mergeCargo(db, from.id)).toEqual({
      interactions: 2,
      notes: 1,
      rules: { approved: 1, draft: 1 },
    });
    await move(from.ref, 'merged', into.ref, 'the same template');
    expect(await rulesOf(from.ref)).toEqual([]);
    expect(await rulesOf(into.ref)).toEqual([
      [draft.ref, 'draft'],
      [approved.ref, 'approved'],
    ]);
    const detail = await getIncident(desk.ana, into.ref);
    expect(detail.interactionCount).toBe(3);
    expect(detail.merged.map(({ ref }) => ref)).toEqual([from.ref]);
    const family = [detail.id, ...detail.merged.map(({ id }) => id)];
    const { items } = await incidentTimeline(desk.ana, family);
    const lines = mergeLines(items);
    const told = lines.map(({ sentence }) => sentence);
    expect(told).toContain('Bo noted: root cause: template v14');
    expect(told[0]).toBe(
      `Ana merged ${from.ref} into ${into.ref}, which brought 2 interactions, ${approved.ref} (approved) and ${draft.ref} (draft): the same template`,
    );
    // Told once, with the number that it has on either side.
    expect(told.filter((sentence) => sentence.includes('merged'))).toHaveLength(1);
    expect(lines[0]?.also).toMatchObject({ incidentId: from.id, action: 'incident.transition' });
    expect(lines).toHaveLength(items.length - 1);
    // What was approved is published where it is now.
    expect(await publishMitigation(desk.ana, { mitigation: approved.ref })).toMatchObject({
      ref: approved.ref,
    });
  });

  it('takes a live rule along as it is', async () => {
    const { from, approved } = await caseWithRules();
    await publishMitigation(desk.ana, { mitigation: approved.ref });
    const into = await incident('other');
    await move(from.ref, 'merged', into.ref);
    expect(await rulesOf(into.ref)).toContainEqual([approved.ref, 'live']);
    expect((await getIncident(desk.ana, into.ref)).facts.liveRules).toBe(1);
  });

  it('leads on through a chain of merges', async () => {
    const { from, approved } = await caseWithRules();
    const second = await incident('second');
    const third = await incident('third');
    await move(from.ref, 'merged', second.ref);
    await move(second.ref, 'merged', third.ref);
    expect((await getIncident(desk.ana, from.ref)).mergeChain).toEqual([second.ref, third.ref]);
    expect((await getIncident(desk.ana, third.ref)).merged.map(({ ref }) => ref).sort()).toEqual(
      [from.ref, second.ref].sort(),
    );
    expect(await rulesOf(third.ref)).toContainEqual([approved.ref, 'approved']);
  });
});

describe('undoing a merge', () => {
  it('brings back what the merge moved, in the state before, and leaves what was there by itself', async () => {
    const { from, approved, evidence } = await caseWithRules();
    await move(from.ref, 'triaging');
    const into = await incident('other', [evidence[0] ?? '']);
    await move(from.ref, 'merged', into.ref);
    await publishMitigation(desk.ana, { mitigation: approved.ref });
    await expect(move(from.ref, 'triaging')).rejects.toThrow('why the merge was wrong');
    await expect(move(from.ref, 'new', undefined, 'wrong')).rejects.toThrow('before the merge: triaging');
    const { version } = await getIncident(desk.ana, from.ref);
    expect(await move(from.ref, 'triaging', undefined, 'two different snippets')).toEqual({
      ref: from.ref,
      state: 'triaging',
      version: version + 1,
      episode: 1,
    });
    expect(await rulesOf(from.ref)).toContainEqual([approved.ref, 'live']);
    expect(await rulesOf(into.ref)).toEqual([]);
    // The one it had by itself stays linked; the other came with the merge.
    expect((await getIncident(desk.ana, into.ref)).interactionCount).toBe(1);
    expect((await getIncident(desk.ana, from.ref)).interactionCount).toBe(2);
    const last = await db.event.findFirstOrThrow({
      where: { incidentId: into.id },
      orderBy: { incidentSeq: 'desc' },
    });
    expect(JSON.parse(last.body)).toMatchObject({
      action: 'incident.release',
      data: { to: from.ref, interactions: 1 },
    });
    // It can be merged again, and each merge and its undo are told once, on either side.
    await move(from.ref, 'merged', into.ref);
    const { items } = await incidentTimeline(desk.ana, [into.id, from.id]);
    const told = mergeLines(items).map(({ sentence }) => sentence);
    expect(told.filter((sentence) => sentence.startsWith('Ana merged'))).toHaveLength(2);
    expect(told.filter((sentence) => sentence.startsWith('Ana undid the merge'))).toEqual([
      expect.stringMatching(/back: two different snippets$/),
    ]);
    const own = mergeLines((await incidentTimeline(desk.ana, [from.id])).items);
    expect(own.every(({ also }) => also === null)).toBe(true);
    expect(own.filter(({ sentence }) => sentence.startsWith('Ana merged'))).toHaveLength(2);
  });

  it('finds rules and links that a later merge took further', async () => {
    const { from, approved } = await caseWithRules();
    const second = await incident('second', [await flagged()]);
    const third = await incident('third');
    await move(from.ref, 'merged', second.ref);
    await move(second.ref, 'merged', third.ref);
    await move(from.ref, 'new', undefined, 'wrong one');
    expect(await rulesOf(from.ref)).toContainEqual([approved.ref, 'approved']);
    expect(await rulesOf(third.ref)).toEqual([]);
    expect((await getIncident(desk.ana, third.ref)).interactionCount).toBe(1);
    expect((await getIncident(desk.ana, second.ref)).interactionCount).toBe(1);
  });

  it('takes back nothing that the undo of an earlier merge has taken out of it', async () => {
    const { from, approved, evidence } = await caseWithRules();
    const second = await incident('second');
    const own = await desk.draft(desk.ana, { incident: second.ref, tests: { mustNotMatch: [], mustMatch } });
    const third = await incident('third');
    await move(from.ref, 'merged', second.ref);
    await move(second.ref, 'merged', third.ref);
    await move(from.ref, 'new', undefined, 'wrong one');
    // Meanwhile it may get there by another way, and evidence of its own.
    const other = await incident('other');
    await move(from.ref, 'merged', other.ref);
    await move(other.ref, 'merged', third.ref);
    const before = (await getIncident(desk.ana, third.ref)).interactionCount;
    await move(second.ref, 'new', undefined, 'wrong as well');
    expect(await rulesOf(second.ref)).toEqual([[own.ref, 'draft']]);
    expect(await rulesOf(third.ref)).toContainEqual([approved.ref, 'approved']);
    expect([before, (await getIncident(desk.ana, third.ref)).interactionCount]).toEqual([
      evidence.length,
      evidence.length,
    ]);
  });

  it('is done once when two press at once, and no publish falls between', async () => {
    const { from, approved } = await caseWithRules();
    const into = await incident('other');
    const version = (await getIncident(desk.ana, from.ref)).version;
    const merge = { incident: from.ref, to: 'merged', version, mergeInto: into.ref } as const;
    const results = await Promise.allSettled([
      transitionIncident(desk.ana, merge),
      transitionIncident(desk.bo, merge),
      publishMitigation(desk.ana, { mitigation: approved.ref }),
    ]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(await rulesOf(into.ref)).toContainEqual([approved.ref, 'live']);
    const undo = { incident: from.ref, to: 'new', version: version + 1, reason: 'wrong' } as const;
    const undone = await Promise.allSettled([
      transitionIncident(desk.ana, undo),
      transitionIncident(desk.bo, undo),
    ]);
    expect(undone.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await db.incidentMerge.count({ where: { fromId: from.id, undoneAt: null } })).toBe(0);
  });
});
