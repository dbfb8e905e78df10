import { setImmediate as soon } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createBreaker } from './breaker.ts';
import type { Decision, DecisionRequest } from './decision.ts';
import type { Trouble } from './engine.ts';
import type { Rule } from './rule.ts';
import { makeRule } from './testing/rules.ts';

const watched = (overrides: Partial<Rule> = {}): Rule =>
  makeRule({ breaker: { maxHitRate: 0.2, budgetMs: 5 }, ...overrides });

function open(rules: Rule[], selfTest: (rule: Rule) => string | null = () => null) {
  let time = 0;
  const told: string[] = [];
  const alarms: string[] = [];
  const breaker = createBreaker({
    onOpen: ({ ref }, reason) => told.push(`${ref}: ${reason}`),
    onAlarm: ({ ref }, reason) => alarms.push(`${ref}: ${reason}`),
    selfTest,
    monotonic: () => time,
    labels: { region: 'eu' },
  });
  breaker.load(rules);
  let text = 0;
  return {
    breaker,
    told,
    alarms,
    /** So many decisions, each over another text unless the request gives one. */
    decide: (times: number, request: DecisionRequest, ...hits: Rule[]) => {
      const decision: Decision = { verdict: 'allow', rules: hits, seq: 1 };
      for (let i = 0; i < times; i++) breaker.decided({ completion: `x${text++}`, ...request }, decision);
    },
    pass: (ms: number) => {
      time += ms;
    },
    isOpen: (rule: Rule) => breaker.demoted().has(rule.id),
    isAlarmed: (rule: Rule) => breaker.alarms().some(({ ruleId }) => ruleId === rule.id),
  };
}

type Bench = ReturnType<typeof open>;
const trouble = ({ breaker }: Bench, rule: Rule, kind: Trouble['kind'], times = 1) => {
  for (let i = 0; i < times; i++) breaker.trouble(rule, { kind, message: 'secret words', ms: 80 });
};

describe('who could switch a rule off: nobody who only sends requests', () => {
  const narrow = { scope: { tenants: ['acme'], languages: ['go'] } };
  const acme = { tenant: 'acme', language: 'go' };
  const names = (count: number) => Array.from({ length: count }, (_, at) => `made-up-${at}`);
  const attacks: [string, Partial<Rule>, (bench: Bench, rule: Rule) => void][] = [
    [
      'one prompt repeated by one caller',
      {},
      ({ decide }, rule) => decide(500, { actor: 'eve', completion: 'x' }, rule),
    ],
    ['one prompt repeated by nobody', {}, ({ decide }, rule) => decide(500, { completion: 'x' }, rule)],
    ['many texts from nobody', {}, ({ decide }, rule) => decide(500, {}, rule)],
    [
      'three callers',
      {},
      ({ decide }, rule) => {
        for (const actor of names(3)) decide(200, { actor }, rule);
      },
    ],
    [
      'a thousand made-up callers with a text each',
      {},
      ({ decide }, rule) => {
        for (const actor of names(1_000)) decide(1, { actor }, rule);
      },
    ],
    [
      'made-up callers that were patient first',
      {},
      ({ decide, pass }, rule) => {
        for (const actor of names(200)) decide(3, { actor });
        pass(200_000);
        for (const actor of names(200)) decide(9, { actor }, rule);
      },
    ],
    ['a quiet process where nobody else calls', {}, ({ decide }, rule) => decide(26, { actor: 'eve' }, rule)],
    [
      'a narrow scope',
      narrow,
      ({ decide }, rule) => {
        decide(5_000, { tenant: 'other' });
        decide(500, acme, rule);
      },
    ],
    [
      'one tenant under its condition',
      { when: "tenant == 'acme'" },
      ({ decide }, rule) => decide(500, acme, rule),
    ],
    [
      'a rollout to few requests',
      { rollout: { instances: 100, requests: 5 } },
      ({ decide }, rule) => decide(500, {}, rule),
    ],
    [
      'for an hour',
      {},
      ({ decide, pass }, rule) => {
        for (let at = 0; at < 360; at++) {
          decide(50, { actor: `a${at}` }, rule);
          pass(10_000);
        }
      },
    ],
    ['slow texts', {}, (bench, rule) => trouble(bench, rule, 'budget', 100)],
    [
      'slow texts, a few in every minute',
      {},
      (bench, rule) => {
        for (let at = 0; at < 60; at++) {
          trouble(bench, rule, 'budget', 4);
          bench.pass(60_000);
        }
      },
    ],
    ['texts that use up the work of a decision', {}, (bench, rule) => trouble(bench, rule, 'work', 100)],
    ['texts that a rule throws on', {}, (bench, rule) => trouble(bench, rule, 'error', 100)],
    [
      'texts that a rule without a breaker throws on',
      { breaker: null },
      (bench, rule) => trouble(bench, rule, 'error', 100),
    ],
    [
      'requests that a condition cannot be told of',
      {},
      (bench, rule) => trouble(bench, rule, 'condition', 100),
    ],
    [
      'all at once',
      {},
      (bench, rule) => {
        for (const kind of ['budget', 'error', 'work', 'condition'] as const) trouble(bench, rule, kind, 50);
        for (const actor of names(500)) bench.decide(2, { actor }, rule);
      },
    ],
  ];
  test.each(attacks)('%s', async (_, overrides, attack) => {
    const rule = watched(overrides);
    const bench = open([rule]);
    attack(bench, rule);
    await soon();
    expect(bench.isOpen(rule)).toBe(false);
    expect(bench.told).toEqual([]);
    expect(bench.breaker.open()).toEqual([]);
  });
});

describe('what is out of the ordinary is told, with its evidence', () => {
  test('a rate far above the limit, once, until it is over', () => {
    const rule = watched({ ref: 'R-7' });
    const other = watched();
    const { decide, alarms, isAlarmed, pass } = open([rule, other]);
    decide(85, {});
    decide(19, { actor: 'ann', completion: 'the same' }, rule);
    expect(alarms).toEqual([]);
    for (const actor of ['ann', 'ben', 'cem']) decide(30, { actor }, rule);
    expect(alarms).toHaveLength(1);
    expect(alarms[0]).toMatch(
      /^R-7: It hit \d+ of about \d+ decisions in its scope in five minutes \([\d.]+ %\), \d+ different texts? from 1 named caller; at most 20 % were expected\. It stays as it is\.$/,
    );
    expect([isAlarmed(rule), isAlarmed(other)]).toEqual([true, false]);
    pass(290_000);
    decide(5_000, {});
    expect(isAlarmed(rule)).toBe(false);
  });

  test.each<[string, DecisionRequest, RegExp]>([
    ['one text, nobody', { completion: 'x' }, / 1 different text from callers that gave no name;/],
    ['many texts, nobody', {}, / 64 or more different texts from callers that gave no name;/],
    [
      'a blank name is no caller',
      { actor: '', completion: 'x' },
      / 1 different text from callers that gave no name;/,
    ],
  ])('the evidence tells repetition from traffic: %s', (_, request, words) => {
    const rule = watched({ breaker: { maxHitRate: 0.9, budgetMs: 5 } });
    const { decide, alarms } = open([rule]);
    decide(99, { completion: 'x', ...request }, rule);
    decide(400, request, rule);
    // The first look is at the hundredth decision, so the texts before it count too.
    expect(alarms).toHaveLength(1);
    if (request.completion !== undefined) expect(alarms[0]).toMatch(words);
  });

  test('too few decisions say nothing', () => {
    const rule = watched();
    const { decide, alarms } = open([rule]);
    decide(99, {}, rule);
    expect(alarms).toEqual([]);
    decide(20, {}, rule);
    expect(alarms).toHaveLength(1);
  });

  test('a rate is measured within the scope, over the texts that the rule reads', () => {
    const narrow = watched({ scope: { tenants: ['acme'], languages: ['Go'] } });
    const { decide, isAlarmed } = open([narrow, watched({ scope: { models: ['m1'] } })]);
    decide(5_000, { tenant: 'other', language: 'go' });
    decide(5_000, { tenant: 'acme', language: 'python' });
    decide(5_000, { tenant: 'acme', language: 'go', prompt: 'p', completion: null });
    decide(120, { tenant: 'acme', language: 'go' }, narrow);
    expect(isAlarmed(narrow)).toBe(true);
  });

  test('a model that is named with its version counts in the scope that names both apart', () => {
    const rule = watched({ scope: { models: ['m'], versions: ['7'] } });
    const { decide, isAlarmed } = open([rule]);
    decide(900, { model: 'm@7' });
    decide(100, { model: 'm@7' }, rule);
    expect(isAlarmed(rule)).toBe(false);
    decide(200, { model: 'm', version: '7' }, rule);
    expect(isAlarmed(rule)).toBe(true);
  });

  test('a rate is measured under the condition, and over the share that a rollout asks', () => {
    const conditional = watched({ when: "tenant == 'acme' && labels.region == 'eu'" });
    const rolled = watched({ rollout: { instances: 100, requests: 5 } });
    const first = open([conditional, rolled]);
    first.decide(1_000, { tenant: 'other' });
    first.decide(125, { tenant: 'acme' }, conditional);
    expect(first.isAlarmed(conditional)).toBe(true);
    first.decide(950, {});
    first.decide(60, {}, rolled);
    expect(first.isAlarmed(rolled)).toBe(true);
    const usual = watched({ rollout: { instances: 100, requests: 50 } });
    const second = open([usual]);
    for (let i = 0; i < 200; i++) {
      second.decide(19, {});
      second.decide(1, {}, usual);
    }
    expect(second.isAlarmed(usual)).toBe(false);
  });

  test('the window slides, and the traffic before a rule came does not thin its rate', () => {
    const rule = watched();
    const { breaker, decide, pass, isAlarmed } = open([]);
    decide(10_000, {});
    breaker.load([rule]);
    for (let at = 0; at < 120; at++) {
      decide(9, {});
      decide(1, {}, rule);
      pass(10_000);
    }
    expect(isAlarmed(rule)).toBe(false);
    pass(300_000);
    decide(130, {}, rule);
    expect(isAlarmed(rule)).toBe(true);
  });

  test('slow texts from the third within five minutes on; what was not judged at once; never in words of the text', () => {
    const rule = watched();
    const bench = open([rule]);
    trouble(bench, rule, 'budget', 2);
    bench.pass(300_001);
    trouble(bench, rule, 'budget', 2);
    expect(bench.alarms).toEqual([]);
    trouble(bench, rule, 'budget');
    trouble(bench, rule, 'work', 3);
    trouble(bench, rule, 'condition', 3);
    trouble(bench, rule, 'error', 3);
    expect(bench.alarms).toHaveLength(4);
    expect(bench.alarms.join('\n')).not.toContain('secret words');
    expect(bench.breaker.alarms()).toHaveLength(4);
    bench.pass(300_000);
    expect(bench.breaker.alarms()).toEqual([]);
  });
});

describe('a rule that fails on texts of its own', () => {
  const fails = () => 'It fails on texts of its own: out of memory';
  test.each(['error', 'budget'] as const)('is demoted, once, and says why (%s)', async (kind) => {
    const rule = watched();
    const bench = open([rule], fails);
    trouble(bench, rule, kind, 3);
    expect(bench.isOpen(rule)).toBe(false);
    await soon();
    expect(bench.isOpen(rule)).toBe(true);
    trouble(bench, rule, kind, 3);
    await soon();
    expect(bench.told).toEqual([`${rule.ref}: It fails on texts of its own: out of memory`]);
    expect(bench.breaker.open()).toMatchObject([{ ruleId: rule.id }]);
  });

  test.each(['closed', 'require_review'] as const)(
    'goes on where it fails %s: it stops what it cannot judge',
    async (onError) => {
      const rule = watched({ fail: { onError, onStale: 'open' } });
      const bench = open([rule], fails);
      trouble(bench, rule, 'error', 3);
      await soon();
      expect(bench.isOpen(rule)).toBe(false);
      expect(bench.isAlarmed(rule)).toBe(true);
    },
  );

  test('is not demoted when it has left meanwhile, and proves itself once a minute at most', async () => {
    const [rule, gone] = [watched(), watched()];
    let runs = 0;
    const bench = open([rule, gone], () => {
      runs++;
      return null;
    });
    trouble(bench, rule, 'error', 100);
    bench.pass(2_000);
    trouble(bench, gone, 'error');
    bench.breaker.load([rule]);
    await soon();
    expect(runs).toBe(1);
    bench.pass(59_000);
    trouble(bench, rule, 'error');
    await soon();
    expect(runs).toBe(2);
  });

  test('stays demoted in the same form, comes back in another, and is forgotten with it', async () => {
    const [kept, changed, gone] = [watched(), watched(), watched()];
    const bench = open([kept, changed, gone], fails);
    for (const rule of [kept, changed, gone]) {
      trouble(bench, rule, 'error');
      bench.pass(1_000);
    }
    await soon();
    expect(bench.breaker.open()).toHaveLength(3);
    const next = { ...changed, version: 2 };
    bench.breaker.load([structuredClone(kept), next]);
    expect([kept, changed, gone].map(bench.isOpen)).toEqual([true, false, false]);
    expect(bench.breaker.alarms()).toMatchObject([{ ruleId: kept.id }]);
  });
});
