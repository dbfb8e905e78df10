import { beforeEach, describe, expect, test } from 'vitest';
import { db } from '#lib/db';
import { advanceDue, advanceMitigation, resumeMitigation } from '#lib/rollouts/mutations';
import { ACTIONS, type Rule, type RuleMatcher, type RuleScope } from '#sdk/rule';
import { flagged, machine, person } from '../../tests/fixtures.ts';
import { backtested, newestSnapshot, ruleDesk } from '../../tests/rules.ts';
import { approvalNeeded, type Measured } from './approval.ts';
import { controlProblem } from './gates.ts';
import { isKillSwitch, killSwitchProblem } from './kill-switch.ts';
import { approveMitigation, editMitigation, publishMitigation } from './mutations.ts';
import { planSchema } from './plan.ts';
import { riskOf, whyTyped } from './risk.ts';
import { worstOf } from './worst.ts';

const { ana, bo, draft } = await ruleDesk();
const everything: RuleMatcher = { kind: 'any' };
const open = { onError: 'open', onStale: 'open' } as const satisfies Rule['fail'];
const off = { matcher: everything, action: 'disable', mode: 'enforce' } as const;
const switchOff = { ...off, fail: open };
const MINUTE = 60_000;

function hits(control: number, total: number): Measured {
  const share = { hits: control, total, erased: 0, low: null, high: total ? control / total : null };
  return { notHarmful: { ...share, reviewed: share, control: share, upperBound95: null } };
}

describe('what it is', () => {
  const TAKES_AWAY = ['block', 'disable', 'drop', 'replace'];
  const CHANGES_NOTHING = ['flag', 'require_review'];

  test.each(ACTIONS)('everything, %s', (action) => {
    const rule = { ...switchOff, action };
    const actsOnEverything = worstOf(rule, null).everything !== null;
    expect(isKillSwitch(rule)).toBe(TAKES_AWAY.includes(action));
    expect(actsOnEverything).toBe(!CHANGES_NOTHING.includes(action));
    expect(isKillSwitch({ ...rule, mode: 'shadow' })).toBe(false);
    expect(isKillSwitch({ ...rule, matcher: { kind: 'literal', text: 'x', ignoreCase: false } })).toBe(false);
    // The share of harmless traffic forbids what is no kill switch, and says nothing of what is meant for all.
    const refused = controlProblem(rule, hits(100, 100));
    expect(refused === null).toBe(action === 'flag' || actsOnEverything);
    expect(
      controlProblem(
        { ...rule, matcher: { kind: 're2', pattern: '.', ignoreCase: false } },
        hits(100, 100),
      ) === null,
    ).toBe(action === 'flag');
  });

  const SCOPES: [RuleScope, boolean][] = [
    [{}, false],
    [{ languages: ['python'] }, false],
    [{ surfaces: ['chat'], tiers: ['free'], versions: ['1'], labels: { region: 'eu' } }, false],
    [{ models: [] }, false],
    [{ models: ['coder'] }, true],
    [{ tenants: ['acme'], languages: ['go'] }, true],
    [{ features: ['agent-mode'] }, true],
  ];
  test.each(SCOPES)('names what it switches off: %j', (scope, named) => {
    expect(killSwitchProblem({ ...switchOff, scope }, 60 * MINUTE) === null).toBe(named);
    expect(killSwitchProblem({ ...switchOff, scope }, 60 * MINUTE + 1)).not.toBeNull();
  });

  test.each(ACTIONS)(
    '%s of everything: only what leaves nobody an answer has to end within an hour',
    (action) => {
      const rule = { ...switchOff, action, scope: { models: ['coder'] } };
      const day = 24 * 60 * MINUTE;
      expect(killSwitchProblem(rule, day) === null).toBe(!TAKES_AWAY.includes(action));
      const closed = { ...rule, fail: { onError: 'closed', onStale: 'open' } } as const;
      expect(killSwitchProblem(closed, day)?.field).toBe('expiresInMinutes');
      expect(killSwitchProblem({ ...closed, mode: 'shadow' }, day)).toBeNull();
    },
  );

  test('is high risk and takes two, whatever a back-test says', () => {
    const scope = { tenants: ['acme'] };
    for (const measured of [null, hits(0, 0), hits(0, 100_000)]) {
      expect(riskOf({ ...switchOff, scope }, measured).level).toBe('high');
      const need = approvalNeeded(
        {
          ...switchOff,
          scope,
          plan: planSchema.parse({ canarySeconds: 10 }),
          expiresAt: new Date(Date.now() + 5 * MINUTE),
        },
        measured,
      );
      expect(need).toMatchObject({
        approvals: 1,
        reasons: expect.arrayContaining([expect.stringMatching(/everything/)]),
      });
    }
    expect(whyTyped({ ...switchOff, scope }, null)).toMatch(/everything/);
  });
});

describe('through the verbs', () => {
  const scope = { models: ['codex-sim'] };
  const plan = planSchema.parse({ canarySeconds: 0 });
  const kill = (changes: object = {}) =>
    draft(ana, {
      scope,
      plan,
      tests: { mustMatch: undefined, mustNotMatch: [] },
      expiresInMinutes: 15,
      ...off,
      ...changes,
    });
  const breakGlassReason = 'Nobody else is awake and tokens leak';

  beforeEach(async () => {
    await db.mitigation.updateMany({ data: { breakGlassReason: null, approvalDueAt: null } });
  });

  test('a warning on everything of a model is no switch: it may last a day', async () => {
    const rule = await kill({ action: 'warn', parameters: { text: 'Slow today.' }, expiresInMinutes: 1_440 });
    await approveMitigation(bo, { mitigation: rule.ref, confirm: rule.ref });
    expect(await publishMitigation(ana, { mitigation: rule.ref, confirm: rule.ref })).toMatchObject({
      seq: expect.any(Number),
    });
  });

  test('two people who type its name switch a model off, though it hits all harmless traffic', async () => {
    const rule = await kill();
    await backtested(rule.id, 5_000, 5_000);
    const typed = { code: 'invalid', fields: { confirm: `Type ${rule.ref}.` } };
    for (const confirm of [undefined, '', 'yes', 'R-99999']) {
      await expect(approveMitigation(bo, { mitigation: rule.ref, confirm })).rejects.toMatchObject(typed);
    }
    await approveMitigation(bo, { mitigation: rule.ref, confirm: ` ${rule.ref.toLowerCase()} ` });
    await expect(publishMitigation(ana, { mitigation: rule.ref })).rejects.toMatchObject(typed);
    await publishMitigation(ana, { mitigation: rule.ref, confirm: rule.ref });
    const carried = (await newestSnapshot()).rules.find(({ id }) => id === rule.id);
    expect(carried).toMatchObject({
      matcher: { kind: 'any' },
      action: 'disable',
      rollout: { instances: 100 },
    });
  });

  test('is live everywhere at once where nobody gives it stages, and what turns into one or back has the usual ones', async () => {
    const rule = await kill({ plan: undefined });
    await approveMitigation(bo, { mitigation: rule.ref, confirm: rule.ref });
    const out = await publishMitigation(ana, { mitigation: rule.ref, confirm: rule.ref });
    expect(out.stage).toBe('full');
    const carried = (await newestSnapshot()).rules.find(({ id }) => id === rule.id);
    expect(carried).toMatchObject({ mode: 'enforce', rollout: { instances: 100, requests: 100 } });

    const given = await kill({ plan: planSchema.parse({ canarySeconds: 30 }) });
    await approveMitigation(bo, { mitigation: given.ref, confirm: given.ref });
    const slow = await publishMitigation(ana, { mitigation: given.ref, confirm: given.ref });
    expect(slow.stage).toBe('canary');

    const staged = planSchema.parse({ shadowSeconds: 60, canarySeconds: 300 });
    const { ref } = await draft(ana, { scope, plan: staged, expiresInMinutes: 15 });
    const steps: [object, Partial<typeof staged>][] = [
      [{ title: 'Other words' }, { shadowSeconds: 60, canarySeconds: 300 }],
      [
        { matcher: everything, action: 'disable' },
        { shadowSeconds: 0, canarySeconds: 0 },
      ],
      [{ title: 'Off' }, { shadowSeconds: 0, canarySeconds: 0 }],
      [{ action: 'flag' }, { shadowSeconds: 60, canarySeconds: 60 }],
      [
        { action: 'disable', plan: staged },
        { shadowSeconds: 60, canarySeconds: 300 },
      ],
    ];
    for (const [at, [change, expected]] of steps.entries()) {
      const tests = { mustMatch: undefined, mustNotMatch: [] };
      await editMitigation(ana, { mitigation: ref, version: at + 1, ...change, tests });
      const { plan: now } = await db.mitigation.findFirstOrThrow({ where: { number: Number(ref.slice(2)) } });
      expect(now).toMatchObject(expected);
    }
  });

  test('nobody switches anything off alone: not by a glass, measured or not, not for one tenant, not by a key', async () => {
    const holder = await person('commander');
    const key = await machine(['respond'], holder.id);
    for (const [actor, total] of [
      [ana, 0],
      [ana, 5_000],
      [key, 5_000],
    ] as const) {
      const rule = await kill({ scope: { tenants: ['acme'] } });
      if (total > 0) await backtested(rule.id, total, total);
      for (const reason of [undefined, breakGlassReason]) {
        const publish = publishMitigation(actor, {
          mitigation: rule.ref,
          confirm: rule.ref,
          breakGlassReason: reason,
        });
        await expect(publish).rejects.toMatchObject({
          code: 'forbidden',
          message: expect.stringMatching(/Bo.*can\./),
        });
      }
    }
  });

  const THROWS = ['tenant == "" || int(tenant) > 0', 'labels["zone"] == "eu"'];
  test.each(THROWS)('what blocks everything by failing is a kill switch too: %s', async (when) => {
    const fail: Rule['fail'] = { onError: 'closed', onStale: 'open' };
    const failing = (changes: object = {}) => kill({ action: 'flag', when, fail, ...changes });
    const refused = { code: 'invalid', fields: { scope: expect.stringMatching(/A kill switch names/) } };
    await expect(failing({ scope: {}, expiresInMinutes: 6 * 24 * 60 })).rejects.toMatchObject(refused);
    await expect(failing({ scope: {} })).rejects.toMatchObject(refused);
    await expect(failing({ expiresInMinutes: 61 })).rejects.toThrow(/at most 60 minutes/);
    const rule = await failing();
    await backtested(rule.id, 0, 5_000);
    for (const reason of [undefined, breakGlassReason]) {
      const publish = { mitigation: rule.ref, confirm: rule.ref, breakGlassReason: reason };
      await expect(publishMitigation(ana, publish)).rejects.toMatchObject({ code: 'forbidden' });
    }
    await expect(approveMitigation(bo, { mitigation: rule.ref })).rejects.toThrow(
      `Type ${rule.ref} to confirm`,
    );
    await approveMitigation(bo, { mitigation: rule.ref, confirm: rule.ref });
    await publishMitigation(ana, { mitigation: rule.ref, confirm: rule.ref });
  });

  test('a rule for everybody that fails closed ends within the hour, whatever it looks for', async () => {
    const fail: Rule['fail'] = { onError: 'open', onStale: 'closed' };
    await expect(draft(ana, { scope: {}, fail })).rejects.toThrow(/at most 60 minutes/);
    const rule = await draft(ana, { scope: {}, fail, expiresInMinutes: 60 });
    await backtested(rule.id, 0, 5_000);
    const publish = { mitigation: rule.ref, confirm: rule.ref, breakGlassReason };
    await expect(publishMitigation(ana, publish)).rejects.toThrow(/Nobody sends that out alone/);
  });

  test('nobody takes it further alone either: not over time, not by a glass that was broken before', async () => {
    const fail: Rule['fail'] = { onError: 'closed', onStale: 'open' };
    const slow = planSchema.parse({ canarySeconds: 10, canaryInstances: 10 });
    const rule = await kill({ action: 'flag', when: THROWS[0], fail, plan: slow });
    await approveMitigation(bo, { mitigation: rule.ref, confirm: rule.ref });
    await publishMitigation(ana, { mitigation: rule.ref, confirm: rule.ref });
    // As glass left it when that was still possible.
    const before = { breakGlassReason, stageSince: new Date(Date.now() - 60_000) };
    await db.mitigationApproval.deleteMany({ where: { mitigationId: rule.id } });
    await db.mitigation.update({ where: { id: rule.id }, data: before });
    const further = { mitigation: rule.ref, to: 'full' } as const;
    await expect(advanceMitigation(ana, further)).rejects.toMatchObject({
      code: 'forbidden',
      message: expect.stringMatching(/blocks everything in its scope/),
    });
    expect(await advanceDue()).toMatchObject({ advanced: [], held: [rule.ref] });
    await expect(resumeMitigation(ana, { mitigation: rule.ref })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await advanceMitigation(bo, further);
  });

  test('a scope that names nothing narrows nothing, and what carries most of the traffic is not narrow', async () => {
    const alone = async (of: RuleScope) => {
      const rule = await draft(ana, {
        scope: of,
        plan: planSchema.parse({ canarySeconds: 10 }),
        expiresInMinutes: 30,
        tests: { mustMatch: [{ text: `execute("SELECT 1" + n` }], mustNotMatch: [] },
      });
      // Also where the table holds what the schema folds away.
      await db.mitigation.update({ where: { id: rule.id }, data: { scope: of } });
      await backtested(rule.id, 0, 5_000);
      return publishMitigation(ana, { mitigation: rule.ref });
    };
    const narrow = { message: expect.stringMatching(/not narrow/) };
    for (const empty of [{ labels: {} }, { tenants: [], tiers: [] }, { languages: [] }]) {
      await expect(alone({ models: ['codex-sim'], ...empty })).rejects.toMatchObject(narrow);
      await expect(alone({ features: ['chat'], ...empty })).rejects.toMatchObject(narrow);
    }
    const tenants = ['one', 'two', 'three'];
    await alone({ tenants });
    for (let at = 0; at < 40; at++) await flagged({ tenant: at < 30 ? (tenants[at % 3] ?? '') : 'other' });
    await expect(alone({ tenants })).rejects.toThrow(/7\d % of the traffic of the last day/);
    await alone({ tenants: ['one'] });
  });

  test('is on for an hour at most, by whatever way its end was given', async () => {
    const refused = { code: 'invalid', fields: { expiresInMinutes: expect.stringMatching(/60 minutes/) } };
    await expect(kill({ expiresInMinutes: 61 })).rejects.toMatchObject(refused);
    const later = new Date(Date.now() + 90 * MINUTE).toISOString();
    await expect(kill({ expiresInMinutes: undefined, expiresAt: later })).rejects.toMatchObject(refused);
    await expect(kill({ scope: {} })).rejects.toMatchObject({ fields: { scope: expect.any(String) } });
    const rule = await draft(ana, { scope });
    const edit = { mitigation: rule.ref, version: 1, matcher: everything, tests: { mustNotMatch: [] } };
    await expect(editMitigation(ana, edit)).rejects.toMatchObject(refused);
    await editMitigation(ana, { ...edit, expiresInMinutes: 60 });
    // Written by hand into the table it is still asked for at the publish.
    await approveMitigation(bo, { mitigation: rule.ref, confirm: rule.ref });
    await db.mitigation.update({ where: { id: rule.id }, data: { lifeMinutes: 61 } });
    await expect(publishMitigation(ana, { mitigation: rule.ref, confirm: rule.ref })).rejects.toThrow(
      /at most 60 minutes/,
    );
  });

  test('what hits much of harmless traffic asks for its name as well, below the share that forbids it', async () => {
    const rule = await draft(ana);
    await backtested(rule.id, 100, 5_000);
    await expect(approveMitigation(bo, { mitigation: rule.ref })).rejects.toThrow(
      `Type ${rule.ref} to confirm`,
    );
    await approveMitigation(bo, { mitigation: rule.ref, confirm: rule.ref });
    await publishMitigation(ana, { mitigation: rule.ref, confirm: rule.ref });
  });
});
