import { expect, it } from 'vitest';
import { type InteractionRow, interactionRowSchema } from '#lib/interactions/schema';
import { meets, type RoutingQueue, reviewsNeededFor, routableOf, routeOf } from './routing.ts';
import type { RoutingConditions } from './schema.ts';

const queue = (id: string, conditions: RoutingConditions, isDefault = false): RoutingQueue => ({
  id,
  conditions,
  requiredReviews: 1,
  secondShare: null,
  isDefault,
});
const row = (overrides: Partial<InteractionRow> = {}) =>
  interactionRowSchema.parse({
    id: 'a',
    occurredAt: '2026-11-01T12:00:00Z',
    model: { name: 'codex-sim', version: '1' },
    surface: 'agent',
    language: 'python',
    actor: { id: 'u', tier: 'business', tenant: 't1' },
    prompt: 'p',
    completion: 'c',
    findings: [
      { detector: 'lint', category: 'other', severity: 'low' },
      { detector: 'scan', category: 'exploit', severity: 'high' },
    ],
    ...overrides,
  });
const routable = (overrides: Partial<InteractionRow> = {}) => {
  const found = routableOf(row(overrides));
  if (!found) throw new Error('not flagged');
  return found;
};

it('takes the first queue whose conditions hold, and the default for the rest wherever it stands', () => {
  const queues = [
    queue('rest', {}, true),
    queue('malware', { category: ['malware'] }),
    queue('agents', { surface: ['agent'], severity: ['high', 'critical'] }),
    queue('python', { language: ['python'] }),
  ];
  expect(routeOf(queues, routable()).id).toBe('agents');
  expect(routeOf(queues, routable({ surface: 'chat' })).id).toBe('python');
  expect(routeOf(queues, routable({ surface: 'chat', language: 'go' })).id).toBe('rest');
  expect(() => routeOf(queues.slice(1), routable({ surface: 'chat', language: 'go' }))).toThrow('no default');
});

it('judges by the worst finding, by any finding of a detector, and never by a field that is absent', () => {
  const one = routable();
  for (const [conditions, expected] of [
    [{}, true],
    [{ category: ['exploit'] }, true],
    [{ category: ['other'] }, false],
    [{ severity: ['low'] }, false],
    [{ detector: ['lint', 'none'] }, true],
    [{ detector: ['none'] }, false],
    [{ model: ['codex-sim'], tenant: ['t0', 't1'], tier: ['business'] }, true],
    [{ model: ['codex-sim'], tenant: ['t2'] }, false],
  ] satisfies [RoutingConditions, boolean][]) {
    expect(meets(conditions, one), JSON.stringify(conditions)).toBe(expected);
  }
  expect(meets({ tenant: ['t1'] }, routable({ actor: { id: 'u' } }))).toBe(false);
  expect(routableOf(row({ findings: [] }))).toBeNull();
});

it('draws the same share for a second review every time, and a larger one holds a smaller one', () => {
  const settings = { secondShare: 0.1, secondShareSevere: 0.5 };
  const plain = queue('q', {});
  const ids = Array.from({ length: 2_000 }, () => crypto.randomUUID());
  const drawn = (severity: 'low' | 'high') =>
    new Set(ids.filter((id) => reviewsNeededFor(plain, settings, severity, id) === 2));
  const [low, high] = [drawn('low'), drawn('high')];
  // Twelve standard deviations: a fair draw never fails this.
  expect(Math.abs(low.size - 200)).toBeLessThan(160);
  expect(Math.abs(high.size - 1_000)).toBeLessThan(270);
  expect(drawn('low')).toEqual(low);
  expect([...low].every((id) => high.has(id))).toBe(true);
});

it('asks what the queue asks, and draws nothing where no share is set', () => {
  const none = { secondShare: 0, secondShareSevere: 0 };
  const all = { secondShare: 1, secondShareSevere: 0 };
  const id = crypto.randomUUID();
  expect(reviewsNeededFor({ requiredReviews: 3, secondShare: 0 }, none, 'low', id)).toBe(3);
  expect(reviewsNeededFor({ requiredReviews: 1, secondShare: null }, none, 'critical', id)).toBe(1);
  expect(reviewsNeededFor({ requiredReviews: 1, secondShare: null }, all, 'low', id)).toBe(2);
  expect(reviewsNeededFor({ requiredReviews: 1, secondShare: 0 }, all, 'critical', id)).toBe(1);
});
