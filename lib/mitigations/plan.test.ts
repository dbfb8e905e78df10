import { expect, test } from 'vitest';
import { rolloutBucket } from '#sdk/rollout';
import { defaultPlan, nextStage, onTheWire, planSchema, type Stage, stagesOf, withCanaryOf } from './plan.ts';
import type { Asked } from './worst.ts';

const open = { onError: 'open', onStale: 'open' } as const;
const rule: Asked = {
  matcher: { kind: 'literal', text: 'x', ignoreCase: false },
  action: 'block',
  mode: 'enforce',
  fail: open,
};

test.each<[string, Partial<Asked>, Stage[], Stage[]]>([
  ['a rule', {}, ['canary', 'full'], ['shadow', 'canary', 'full']],
  [
    'a warning on everything',
    { matcher: { kind: 'any' }, action: 'warn' },
    ['canary', 'full'],
    ['shadow', 'canary', 'full'],
  ],
  ['a kill switch', { matcher: { kind: 'any' } }, ['full'], ['full']],
  ['a kill switch that serves a text', { matcher: { kind: 'any' }, action: 'replace' }, ['full'], ['full']],
])(
  '%s: the highest severity skips shadow, and only a kill switch skips canary',
  (_, changes, first, others) => {
    const asked = { ...rule, ...changes };
    expect(stagesOf(defaultPlan('sev1', asked), 'enforce')).toEqual(first);
    for (const severity of ['sev2', 'sev3', 'sev4']) {
      expect(stagesOf(defaultPlan(severity, asked), 'enforce')).toEqual(others);
    }
  },
);

test('a rule that only shadows never leaves shadow', () => {
  const plan = defaultPlan('sev1', rule);
  expect(stagesOf(plan, 'shadow')).toEqual(['shadow']);
  expect(nextStage(plan, 'shadow', 'shadow')).toBeNull();
  expect(onTheWire(plan, 'shadow', 'full').mode).toBe('shadow');
});

test('stages follow one another and mean what they say on the wire', () => {
  const plan = planSchema.parse({ shadowSeconds: 60, canaryInstances: 5, canaryRequests: 20 });
  expect(nextStage(plan, 'enforce', 'shadow')).toBe('canary');
  expect(nextStage(plan, 'enforce', 'canary')).toBe('full');
  expect(nextStage(plan, 'enforce', 'full')).toBeNull();
  expect(onTheWire(plan, 'enforce', 'shadow').mode).toBe('shadow');
  expect(onTheWire(plan, 'enforce', 'canary')).toEqual({
    mode: 'enforce',
    rollout: { instances: 5, requests: 20 },
  });
  expect(onTheWire(plan, 'enforce', 'full').rollout).toEqual({ instances: 100, requests: 100 });
});

test('a canary holds somebody, and never everybody', () => {
  for (let round = 0; round < 200; round++) {
    const rule = `rule-${round}`;
    const ids = Array.from({ length: 1 + (round % 12) }, (_, index) => `pod-${index}`);
    for (const canaryInstances of [0, 5, 50, 100]) {
      const { canaryInstances: share } = withCanaryOf(planSchema.parse({ canaryInstances }), rule, ids);
      const held = ids.filter((id) => rolloutBucket(rule, id) < share).length;
      expect(held).toBeGreaterThan(0);
      if (ids.length > 1) expect(held).toBeLessThan(ids.length);
    }
  }
  expect(withCanaryOf(planSchema.parse({}), 'rule', []).canaryInstances).toBe(10);
});
