import { expect, test } from 'vitest';
import { rolloutBucket } from '#sdk/rollout';
import { defaultPlan, nextStage, onTheWire, planSchema, stagesOf, withCanaryOf } from './plan.ts';

test('the highest severity skips shadow, and nothing skips canary', () => {
  expect(stagesOf(defaultPlan('sev1'), 'enforce')).toEqual(['canary', 'full']);
  for (const severity of ['sev2', 'sev3', 'sev4']) {
    expect(stagesOf(defaultPlan(severity), 'enforce')).toEqual(['shadow', 'canary', 'full']);
  }
});

test('a rule that only shadows never leaves shadow', () => {
  const plan = defaultPlan('sev1');
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
