import { describe, expect, test } from 'vitest';
import { type Actor, actorKey } from '#lib/actor';
import { db } from '#lib/db';
import { planSchema } from '#lib/mitigations/plan';
import { advanceMitigation, holdMitigation, resumeMitigation } from '#lib/rollouts/mutations';
import { rollBackRuleset } from '#lib/rulesets/mutations';
import { machine, person } from '../../tests/fixtures.ts';
import { backtested, ruleDesk } from '../../tests/rules.ts';
import { approveMitigation, editMitigation, publishMitigation, withdrawMitigation } from './mutations.ts';
import { getMitigation } from './queries.ts';
import {
  type Guarded,
  peopleBehind,
  secondsMissing,
  whyNotBack,
  whyNotPast,
  whyNotSecond,
  writersAfter,
} from './second-person.ts';

const { ana, bo, draft, live } = await ruleDesk();
const admin = await person('admin', 'Ada');
const cy = await person('commander', 'Cy');
const command = await machine(['respond']);
const forbidden = { code: 'forbidden' };

const PEOPLE = ['ana', 'bo', 'cy', 'admin'];
const session = (id: string): Actor => ({ kind: 'user', id, name: id, role: 'commander' });
const key = (heldById: string | null, createdById: string | null): Actor => ({
  kind: 'key',
  id: `key of ${heldById} by ${createdById}`,
  name: 'key',
  source: 'key',
  scopes: ['respond'],
  heldById,
  createdById,
});
const ACTORS: Actor[] = [
  ...PEOPLE.map(session),
  key('ana', 'admin'),
  key('bo', 'admin'),
  key('bo', 'ana'),
  key('admin', 'admin'),
  key(null, 'admin'),
  key(null, null),
];

/** Whose hand may really have done it: any key may be used by those who had its secret, an unnamed one by anybody. */
function hands(actor: Actor, before: readonly string[] = []): string[] {
  if (actor.kind === 'user') return [actor.id];
  if (actor.kind !== 'key' || actor.heldById === null) return PEOPLE;
  return [...new Set([actor.heldById, ...(actor.createdById ? [actor.createdById] : []), ...before])];
}

type Case = { wrote: Actor; edited: Actor | null; approved: Actor[]; acts: Actor };

function rowOf({ wrote, edited }: Pick<Case, 'wrote' | 'edited'>): Guarded {
  const first = peopleBehind(wrote);
  const writers = edited ? writersAfter(edited, first, true) : first;
  return {
    number: 1,
    version: 1,
    writerIds: [...writers.people],
    writerUnknown: writers.isUnknown,
    glassHandIds: [],
    approvals: [],
  };
}

/** The rule with every approval that the guard lets through. */
function approvedBy(row: Guarded, approvers: Actor[]): Guarded {
  const approvals: Guarded['approvals'] = [];
  for (const actor of approvers) {
    if (actor.kind !== 'user' || whyNotSecond(actor, row) !== null) continue;
    approvals.push({ version: 1, approverId: actor.id, digest: 'd' });
  }
  return { ...row, approvals };
}

function* cases(): Generator<Case> {
  const pairs = ACTORS.flatMap((one) => [[], [one], ...ACTORS.map((other) => [one, other])]);
  for (const wrote of ACTORS)
    for (const edited of [null, ...ACTORS])
      for (const approved of pairs) for (const acts of ACTORS) yield { wrote, edited, approved, acts };
}

/** Every way it may really have been: the set of people who wrote what goes out, or agreed to it, or sent it signed in. */
function* truths({ wrote, edited, acts }: Case, row: Guarded): Generator<Set<string>> {
  const agreed = row.approvals.map(({ approverId }) => approverId);
  const signedIn = acts.kind === 'user' ? [acts.id] : [];
  for (const writer of hands(wrote)) {
    if (edited === null) yield new Set([writer, ...agreed, ...signedIn]);
    else if (edited.kind === 'user') yield new Set([edited.id, ...agreed, ...signedIn]);
    else for (const hand of hands(edited, [writer])) yield new Set([writer, hand, ...agreed, ...signedIn]);
  }
}

describe('whoever wrote, edited, approved and acts', () => {
  test('publishes what takes two only where two people stand for it, whosever hand held a key', () => {
    let allowed = 0;
    for (const each of cases()) {
      const row = approvedBy(rowOf(each), each.approved);
      if (secondsMissing(row, 'd', each.acts) > 0) continue;
      allowed += 1;
      // One of the two has read it as an approver, and that one is signed in.
      expect(row.approvals.length).toBeGreaterThan(0);
      for (const people of truths(each, row)) expect(people.size).toBeGreaterThanOrEqual(2);
    }
    expect(allowed).toBeGreaterThan(100);
  });

  test('brings back or takes further only what is not theirs, and never by a key', () => {
    for (const each of cases()) {
      const row = { ...approvedBy(rowOf(each), each.approved), publishedDigest: 'd' };
      if (whyNotBack(each.acts, row) !== null) continue;
      expect(each.acts.kind).toBe('user');
      for (const people of truths(each, row)) expect(people.size).toBeGreaterThanOrEqual(2);
    }
  });

  test('who broke glass, by hand or with a key they hold or made, neither ratifies it nor goes past another’s hold', () => {
    const HOLDERS = [...ACTORS.map(actorKey), 'system', null];
    let passed = 0;
    for (const wrote of ACTORS) {
      for (const broke of ACTORS) {
        const row = {
          ...rowOf({ wrote, edited: null }),
          glassHandIds: [...peopleBehind(broke).people],
          breakGlassReason: 'nobody else is awake',
          publishedDigest: 'd',
        };
        for (const acts of ACTORS) {
          const behind = peopleBehind(acts).people;
          const mine = [broke, wrote].some((hand) =>
            peopleBehind(hand).people.some((id) => behind.includes(id)),
          );
          if (mine || acts.kind !== 'user') expect(whyNotSecond(acts, row)).toEqual(expect.any(String));
          for (const approved of [[], ...PEOPLE.map((id) => [session(id)])]) {
            const ratified = { ...row, ...approvedBy(row, approved) };
            for (const heldBy of HOLDERS) {
              const held = { ...ratified, heldBy, heldReason: 'looks odd' };
              const own = acts.kind === 'user' && heldBy === actorKey(acts);
              const refused = whyNotPast(acts, held);
              if (heldBy === 'system' || own) expect(refused).toBeNull();
              else if (mine || acts.kind !== 'user') expect(refused).toEqual(expect.any(String));
              else if (!row.writerUnknown) expect(refused).toBeNull();
              passed += refused === null ? 1 : 0;
            }
            // A hold of its own time is nobody's word against it.
            expect(whyNotPast(acts, { ...ratified, heldBy: null, heldReason: null })).toBeNull();
          }
        }
      }
    }
    expect(passed).toBeGreaterThan(100);
  });

  test('two people who had no hand in it can always send it out, and one of them where its writer is known', () => {
    for (const wrote of ACTORS) {
      for (const edited of [null, ...ACTORS]) {
        const row = rowOf({ wrote, edited });
        const fresh = [session('dee'), session('eli')];
        expect(secondsMissing(approvedBy(row, fresh), 'd', key(null, null))).toBe(0);
        expect(secondsMissing(approvedBy(row, fresh.slice(0, 1)), 'd', fresh[1])).toBe(0);
        expect(secondsMissing(approvedBy(row, fresh.slice(0, 1)), 'd', fresh[0])).toBe(
          row.writerUnknown ? 1 : 0,
        );
      }
    }
  });

  test('an approval of another content, of another version or of somebody with a hand in it is none', () => {
    const row = rowOf({ wrote: session('ana'), edited: null });
    const approval = { version: 1, approverId: 'bo', digest: 'd' };
    const missing = (changed: object) =>
      secondsMissing({ ...row, approvals: [{ ...approval, ...changed }] }, 'd');
    expect(missing({})).toBe(0);
    expect([missing({ digest: 'e' }), missing({ digest: null }), missing({ version: 2 })]).toEqual([1, 1, 1]);
    expect(missing({ approverId: 'ana' })).toBe(1);
  });
});

describe('through the verbs', () => {
  test('what a key without a holder wrote takes two who are signed in, and says who is missing', async () => {
    const rule = await draft(command);
    await expect(publishMitigation(bo, { mitigation: rule.ref })).rejects.toThrow(
      /two people who are signed in/,
    );
    await approveMitigation(bo, { mitigation: rule.ref });
    await expect(publishMitigation(bo, { mitigation: rule.ref })).rejects.toThrow(
      /one more person who is signed in.*Ana or Cy can/,
    );
    await expect(publishMitigation(command, { mitigation: rule.ref })).rejects.toMatchObject(forbidden);
    await expect(approveMitigation(bo, { mitigation: rule.ref })).rejects.toMatchObject({ code: 'conflict' });
    expect(await publishMitigation(cy, { mitigation: rule.ref })).toMatchObject({ breakGlass: false });
    const other = await draft(command);
    await approveMitigation(bo, { mitigation: other.ref });
    await approveMitigation(cy, { mitigation: other.ref });
    await expect(approveMitigation(ana, { mitigation: other.ref })).rejects.toThrow(
      /is approved \(approved by Cy/,
    );
    expect(await publishMitigation(command, { mitigation: other.ref })).toMatchObject({ breakGlass: false });
  });

  test('a key is its holder and its maker: neither of them is the second person of what it wrote', async () => {
    await db.user.update({ where: { id: admin.id }, data: { role: 'commander' } });
    const hers = await machine(['respond'], admin.id, ana.id);
    const rule = await draft(hers);
    expect(await getMitigation(bo, rule.ref)).toMatchObject({ author: { name: 'Ana' } });
    for (const own of [ana, { ...admin, role: 'commander' as const }]) {
      await expect(approveMitigation(own, { mitigation: rule.ref })).rejects.toMatchObject({
        code: 'forbidden',
        message: expect.stringMatching(/with a key that you hold or made.*(Bo or Cy|Bo|Cy) can\./),
      });
    }
    await approveMitigation(bo, { mitigation: rule.ref });
    expect(await publishMitigation(ana, { mitigation: rule.ref })).toMatchObject({ breakGlass: false });
  });

  test('an approval of somebody who was shut out since, or has another role, stands for nothing', async () => {
    const gone = [
      { data: { disabledAt: new Date() }, back: { disabledAt: null } },
      { data: { role: 'reviewer' }, back: { role: 'commander' } },
    ];
    for (const { data, back } of gone) {
      const eve = await person('commander', 'Eve');
      const rule = await draft(ana);
      await approveMitigation(eve, { mitigation: rule.ref });
      await db.user.update({ where: { id: eve.id }, data });
      expect(await getMitigation(ana, rule.ref)).toMatchObject({
        state: 'approved',
        missing: 1,
        approvals: [{ counts: false }],
      });
      await expect(publishMitigation(ana, { mitigation: rule.ref })).rejects.toMatchObject(forbidden);
      await approveMitigation(bo, { mitigation: rule.ref });
      expect(await publishMitigation(ana, { mitigation: rule.ref })).toMatchObject({ breakGlass: false });
      await db.user.update({ where: { id: eve.id }, data: back });
    }
  });

  test('an edit with a key leaves nobody’s name on what they have not seen', async () => {
    const rule = await draft(bo);
    await editMitigation(command, { mitigation: rule.ref, version: 1, action: 'redact' });
    expect(await getMitigation(ana, rule.ref)).toMatchObject({ author: null, writerUnknown: true });
    await approveMitigation(ana, { mitigation: rule.ref });
    await expect(publishMitigation(ana, { mitigation: rule.ref })).rejects.toMatchObject(forbidden);
    // An author who takes somebody else's key to their own rule stays its author.
    const hers = await draft(ana);
    const his = await machine(['respond'], bo.id);
    await editMitigation(his, { mitigation: hers.ref, version: 1, action: 'redact' });
    for (const hand of [ana, bo]) {
      await expect(approveMitigation(hand, { mitigation: hers.ref })).rejects.toMatchObject(forbidden);
    }
    await approveMitigation(cy, { mitigation: hers.ref });
  });

  test('a rule that one person let out goes further, or on past a hold, only by another who is signed in', async () => {
    const rule = await draft(ana, {
      scope: { models: ['codex-sim'], languages: ['python'] },
      expiresInMinutes: 30,
      plan: planSchema.parse({ canarySeconds: 60, autoAdvance: false }),
    });
    await backtested(rule.id);
    await publishMitigation(ana, { mitigation: rule.ref });
    const keys = [command, await machine(['respond'], bo.id), await machine(['respond'], admin.id)];
    for (const actor of [ana, ...keys]) {
      await expect(advanceMitigation(actor, { mitigation: rule.ref })).rejects.toMatchObject(forbidden);
    }
    await holdMitigation(bo, { mitigation: rule.ref, reason: 'looks odd' });
    for (const actor of [ana, ...keys]) {
      await expect(resumeMitigation(actor, { mitigation: rule.ref })).rejects.toMatchObject(forbidden);
    }
    await resumeMitigation(bo, { mitigation: rule.ref });
    await advanceMitigation(bo, { mitigation: rule.ref });
  });

  test('who broke glass does not let the rule on past the hold of somebody else, ratified or not', async () => {
    const dee = await person('commander', 'Dee');
    const hers = await machine(['respond'], admin.id, dee.id);
    for (const breaks of [dee, hers]) {
      for (const isRatified of [false, true]) {
        await db.mitigation.updateMany({
          data: { breakGlassReason: null, approvalDueAt: null, state: 'withdrawn' },
          where: { breakGlassReason: { not: null } },
        });
        const rule = await draft(ana, { plan: planSchema.parse({ canarySeconds: 60, autoAdvance: false }) });
        await backtested(rule.id);
        const breakGlassReason = 'nobody else is awake';
        await publishMitigation(breaks, { mitigation: rule.ref, breakGlassReason });
        // Neither its holder nor its maker is the second person of what a key let out.
        const hands = breaks.kind === 'key' ? [dee, { ...admin, role: 'commander' as const }] : [dee];
        for (const hand of hands) {
          await expect(approveMitigation(hand, { mitigation: rule.ref })).rejects.toMatchObject(forbidden);
        }
        if (isRatified) await approveMitigation(cy, { mitigation: rule.ref });
        await holdMitigation(bo, { mitigation: rule.ref, reason: 'looks odd' });
        for (const actor of [...hands, hers, ana]) {
          for (const further of [resumeMitigation, advanceMitigation]) {
            await expect(further(actor, { mitigation: rule.ref })).rejects.toMatchObject({
              code: 'forbidden',
              message: expect.stringMatching(/looks odd.*Bo.* can\./),
            });
          }
        }
        await resumeMitigation(bo, { mitigation: rule.ref });
        // Their own hold is theirs to end.
        await holdMitigation(dee, { mitigation: rule.ref, reason: 'a moment' });
        await resumeMitigation(dee, { mitigation: rule.ref });
      }
    }
  });

  test('what was withdrawn comes back only by a signed-in person who had no hand in it', async () => {
    const rule = await live();
    await withdrawMitigation(bo, { mitigation: rule.ref, reason: 'hits tests' });
    const back = { seq: rule.seq, reason: 'it was right' };
    for (const actor of [ana, command, await machine(['respond'], bo.id)]) {
      await expect(rollBackRuleset(actor, back)).rejects.toThrow(/did not write it: .* can\./);
    }
    await rollBackRuleset(bo, back);
  });
});
