import { describe, expect, test } from 'vitest';
import { compileRules, evaluate } from '#sdk/engine';
import { ACTIONS, FAIL_MODES, type Rule, type RuleMatcher, type RuleScope } from '#sdk/rule';
import { makeRule } from '#sdk/testing/rules';
import { approvalNeeded, type Measured } from './approval.ts';
import { controlProblem } from './gates.ts';
import { whyNotAlone } from './glass.ts';
import { killSwitchProblem } from './kill-switch.ts';
import { planSchema } from './plan.ts';
import { riskOf, whyTyped } from './risk.ts';
import { worstOf } from './worst.ts';

// What the engine does to plain traffic is the measure: wherever it can change an answer of everybody in a scope, no
// gate may let one person do so.

const ana = { kind: 'user', id: 'ana', name: 'Ana', role: 'commander' } as Parameters<typeof whyNotAlone>[0];
const row = { writerUnknown: false };
const MINUTE = 60_000;

const MATCHERS: [string, RuleMatcher][] = [
  ['any', { kind: 'any' }],
  ['re2', { kind: 're2', pattern: 'evil\\(', ignoreCase: false }],
  ['phrases', { kind: 'phrases', phrases: ['so evil'] }],
  ['imports', { kind: 'imports', packages: ['left-pad'] }],
];
const SCOPES: RuleScope[] = [
  {},
  { labels: {}, tenants: [], models: [] },
  { languages: ['python'] },
  { models: ['coder'], languages: ['python'] },
  { tenants: ['acme'] },
];
const WHENS = [null, 'tenant == "acme"', 'tenant == "" || int(tenant) > 0', 'labels["zone"] == "eu"'];

const measured = (hits: number, total: number): Measured => {
  const share = { hits, total, erased: 0, low: null, high: total ? hits / total : null };
  return { notHarmful: { ...share, reviewed: share, control: share, upperBound95: null } };
};
const shortCanary = planSchema.parse({ canarySeconds: 10 });

const harmless = {
  model: 'coder',
  tenant: 'acme',
  language: 'python',
  prompt: 'hello',
  completion: 'print(1)',
  labels: {},
};
const CHANGED = ['block', 'replace', 'redact', 'warn'];

/** What the engine makes of plain traffic in scope, heard of lately or cut off. */
function harms(rule: Rule): { changes: boolean; stops: boolean } {
  const compiled = compileRules([rule], { labels: {} });
  const decisions = [false, true].map((stale) => evaluate(compiled, harmless, new Date(), { stale }));
  const verdicts = decisions.map(({ verdict }) => verdict);
  return {
    changes:
      verdicts.some((verdict) => CHANGED.includes(verdict)) ||
      decisions.some(({ sampling }) => sampling !== undefined),
    stops: verdicts.some((verdict) => verdict === 'block' || verdict === 'replace'),
  };
}

const WAYS = FAIL_MODES.flatMap((onError) => FAIL_MODES.map((onStale) => ({ onError, onStale })));

describe.each(MATCHERS)('%s', (_, matcher) => {
  test.each(ACTIONS)('%s: what reaches harmless traffic takes two who type it, and no glass', (action) => {
    const found = { changes: 0, stops: 0 };
    for (const scope of SCOPES) {
      for (const when of WHENS) {
        for (const fail of WAYS) {
          const rule = makeRule({
            matcher,
            action,
            scope,
            when,
            fail,
            target: 'both',
            parameters: { text: 'Not now.', sampling: { temperature: { set: 0 } } },
            tests: { mustMatch: [], mustNotMatch: [] },
          });
          const { changes, stops } = harms(rule);
          const name = JSON.stringify({ scope, when, fail });
          for (const backtest of [null, measured(0, 5_000)]) {
            const worst = worstOf(rule, backtest);
            const ends = new Date(Date.now() + 5 * MINUTE);
            const need = approvalNeeded({ ...rule, plan: shortCanary, expiresAt: ends }, backtest);
            if (changes) {
              found.changes++;
              expect(worst, name).toMatchObject({ onlyCounts: false, changesAnswer: true });
              expect(worst.everything, name).not.toBeNull();
              expect(need.approvals, name).toBe(1);
              expect(whyNotAlone(ana, row, rule, backtest), name).toMatch(/everything in its scope/);
              expect(whyTyped(rule, backtest), name).toMatch(/everything in its scope/);
            }
            const isWhole = scope.languages === undefined && scope.tenants === undefined;
            if (stops && (isWhole || matcher.kind === 'any')) {
              found.stops++;
              expect(killSwitchProblem(rule, 61 * MINUTE), name).not.toBeNull();
            }
            // What only counts stays one person's.
            if (action === 'flag' && fail.onError === 'open' && fail.onStale === 'open') {
              expect([worst.onlyCounts, need.approvals, riskOf(rule, null).level]).toEqual([true, 0, 'low']);
              expect(controlProblem(rule, measured(100, 100))).toBeNull();
            }
            const shadow = { ...rule, mode: 'shadow' } as const;
            expect(worstOf(shadow, backtest)).toMatchObject({ onlyCounts: true, everything: null });
            expect(killSwitchProblem(shadow, 600 * MINUTE)).toBeNull();
          }
        }
      }
    }
    // The table shows something: whatever fails closed reaches plain traffic.
    expect([found.changes > 0, found.stops > 0]).toEqual([true, true]);
  });
});

test('a matcher that was measured to hit most of what is harmless is everything', () => {
  const rule = makeRule({ scope: { languages: ['python'] } });
  for (const [hits, total, most] of [
    [0, 0, false],
    [4, 4, false],
    [5, 5, true],
    [49, 100, false],
    [50, 100, true],
  ] as const) {
    const backtest = measured(hits, total);
    expect([hits, total, worstOf(rule, backtest).everything]).toEqual([hits, total, most ? 'hits' : null]);
    expect(killSwitchProblem(rule, 61 * MINUTE, backtest) !== null).toBe(most);
  }
});
