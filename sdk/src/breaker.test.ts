import { expect, test } from 'vitest';
import { createBreaker } from './breaker.ts';
import type { Decision, DecisionRequest } from './decision.ts';
import type { Rule } from './rule.ts';
import { makeRule } from './testing/rules.ts';

const watched = (overrides: Partial<Rule> = {}): Rule =>
  makeRule({ breaker: { maxHitRate: 0.2, budgetMs: 5 }, ...overrides });

function open(rules: Rule[]) {
  let time = 0;
  const told: string[] = [];
  const breaker = createBreaker({
    onOpen: ({ ref }, reason) => told.push(`${ref}: ${reason}`),
    monotonic: () => time,
    labels: { region: 'eu' },
  });
  breaker.load(rules);
  const decide = (times: number, request: DecisionRequest, ...hits: Rule[]) => {
    const decision: Decision = { verdict: 'allow', rules: hits, seq: 1 };
    for (let i = 0; i < times; i++) breaker.decided({ completion: 'x', ...request }, decision);
  };
  return {
    breaker,
    told,
    decide,
    pass: (ms: number) => {
      time += ms;
    },
    isOpen: (rule: Rule) => breaker.demoted().has(rule.id),
  };
}

test('a rule that hits far more than it should is demoted, once, and says why', () => {
  const rule = watched({ ref: 'R-7' });
  const other = watched();
  const { decide, told, isOpen, breaker } = open([rule, other]);
  decide(60, {});
  decide(15, {}, rule);
  expect(isOpen(rule)).toBe(false);
  decide(20, {}, rule);
  expect(isOpen(rule)).toBe(true);
  expect(isOpen(other)).toBe(false);
  expect(told).toHaveLength(1);
  expect(told[0]).toMatch(
    /^R-7: It hit \d+ of about \d+ decisions in ten seconds \([\d.]+ %\); at most 20 % were expected\.$/,
  );
  expect(breaker.open()).toMatchObject([{ ruleId: rule.id, reason: expect.stringContaining('20 %') }]);
});

test('one caller, or two, cannot switch a rule off by hitting it; many can, and so can those without a name', () => {
  const rule = watched({ scope: { tenants: ['acme'] } });
  const { decide, isOpen, pass } = open([rule]);
  decide(200, { tenant: 'acme', actor: 'eve' }, rule);
  decide(200, { tenant: 'acme', actor: 'eva' }, rule);
  expect(isOpen(rule)).toBe(false);
  // A third one long after the first two were last heard of is alone again.
  pass(10_001);
  decide(200, { tenant: 'acme', actor: 'adam' }, rule);
  expect(isOpen(rule)).toBe(false);
  for (const actor of ['ann', 'ben']) decide(50, { tenant: 'acme', actor }, rule);
  expect(isOpen(rule)).toBe(true);
  const other = watched();
  const second = open([other]);
  second.decide(30, {}, other);
  expect(second.isOpen(other)).toBe(true);
});

test('a few hits at the start say nothing', () => {
  const rule = watched();
  const { decide, isOpen } = open([rule]);
  decide(19, {}, rule);
  expect(isOpen(rule)).toBe(false);
  decide(2, {}, rule);
  expect(isOpen(rule)).toBe(true);
  const rare = watched({ breaker: { maxHitRate: 0.001, budgetMs: 5 } });
  const second = open([rare]);
  second.decide(100, {});
  second.decide(4, {}, rare);
  expect(second.isOpen(rare)).toBe(false);
});

test('a rate is measured within the scope: a narrow rule that hits all of it trips among other traffic', () => {
  const narrow = watched({ scope: { tenants: ['acme'], languages: ['Go'] } });
  const { decide, isOpen } = open([narrow, watched({ scope: { models: ['m1'] } })]);
  decide(5_000, { tenant: 'other', language: 'go' });
  decide(5_000, { tenant: 'acme', language: 'python' });
  decide(21, { tenant: 'acme', language: 'go' }, narrow);
  expect(isOpen(narrow)).toBe(true);
});

test('a rate is measured over the texts that a rule reads', () => {
  const rule = watched({ breaker: { maxHitRate: 0.6, budgetMs: 5 } });
  const { decide, isOpen } = open([rule]);
  for (let i = 0; i < 30; i++) {
    decide(1, { prompt: 'p', completion: null });
    decide(1, {}, rule);
  }
  expect(isOpen(rule)).toBe(true);
});

test('a rate is measured under the condition, and over the share that a rollout asks', () => {
  const conditional = watched({ when: "tenant == 'acme' && labels.region == 'eu'" });
  const rolled = watched({ rollout: { instances: 100, requests: 5 } });
  const { decide, isOpen } = open([conditional, rolled]);
  decide(1_000, { tenant: 'other' });
  decide(25, { tenant: 'acme' }, conditional);
  expect(isOpen(conditional)).toBe(true);
  decide(950, {});
  decide(50, {}, rolled);
  expect(isOpen(rolled)).toBe(true);
  const usual = watched({ rollout: { instances: 100, requests: 50 } });
  const second = open([usual]);
  for (let i = 0; i < 200; i++) {
    second.decide(19, {});
    second.decide(1, {}, usual);
  }
  expect(second.isOpen(usual)).toBe(false);
});

test('the window slides: what is older than ten seconds is forgotten', () => {
  const rule = watched();
  const { decide, pass, isOpen } = open([rule]);
  for (let second = 0; second < 60; second++) {
    decide(9, {});
    decide(1, {}, rule);
    pass(1_000);
  }
  expect(isOpen(rule)).toBe(false);
  pass(11_000);
  decide(30, {}, rule);
  expect(isOpen(rule)).toBe(true);
});

test('one pause is not the rule; three evaluations over budget within ten seconds are', () => {
  const rule = watched();
  const { breaker, pass, isOpen, told } = open([rule]);
  const slow = () => breaker.trouble(rule, { kind: 'budget', message: 'slow', ms: 80 });
  slow();
  slow();
  expect(isOpen(rule)).toBe(false);
  pass(10_001);
  slow();
  slow();
  expect(isOpen(rule)).toBe(false);
  slow();
  expect(isOpen(rule)).toBe(true);
  expect(told[0]).toContain('longer than its 5 ms 3 times in ten seconds, last 80 ms');
});

test('a rule that throws is demoted at once, with a breaker or without', () => {
  const rule = makeRule();
  const { breaker, isOpen, told } = open([rule]);
  breaker.trouble(rule, { kind: 'error', message: 'out of memory', ms: 1 });
  breaker.trouble(rule, { kind: 'error', message: 'out of memory', ms: 1 });
  expect(isOpen(rule)).toBe(true);
  expect(told).toEqual([`${rule.ref}: It failed: out of memory`]);
});

test('it stays open for the same rule, closes for another form of it, and is forgotten with it', () => {
  const [kept, changed, gone] = [watched(), watched(), watched()];
  const { breaker, decide, isOpen } = open([kept, changed, gone]);
  decide(30, {}, kept, changed, gone);
  expect(breaker.open()).toHaveLength(3);
  breaker.load([structuredClone(kept), { ...changed, version: 2 }]);
  expect([isOpen(kept), isOpen(changed), isOpen(gone)]).toEqual([true, false, false]);
  decide(19, {}, changed);
  expect(isOpen(changed)).toBe(false);
});

test('the traffic before a rule came does not thin its rate', () => {
  const { breaker, decide, isOpen } = open([]);
  decide(10_000, {});
  const rule = watched();
  breaker.load([rule]);
  decide(25, {}, rule);
  expect(isOpen(rule)).toBe(true);
});

test('whoever writes texts cannot switch a rule off by asking for too much work', () => {
  const rule = watched();
  const { breaker, isOpen, told } = open([rule]);
  for (let count = 0; count < 10; count++)
    breaker.trouble(rule, { kind: 'work', message: 'too much', ms: 80 });
  breaker.trouble(rule, { kind: 'condition', message: 'division by zero', ms: 0 });
  expect(isOpen(rule)).toBe(false);
  expect(told).toEqual([]);
});
