import { expect, it } from 'vitest';
import type { Role } from '#lib/permissions';
import { tellApart } from './namesakes.ts';

const ana = (id: string, change: { name?: string; role?: Role; at?: string } = {}) => ({
  id: `00000000-${id}`,
  name: change.name ?? 'Ana Silva',
  role: change.role ?? 'reviewer',
  createdAt: new Date(change.at ?? '2026-11-03T14:05:09Z'),
});
const labels = (...people: ReturnType<typeof ana>[]) => tellApart(people).map(({ label }) => label);

it('says what somebody does beside each name', () => {
  expect(labels(ana('a'), ana('b', { name: 'Bo', role: 'lead' }))).toEqual([
    'Ana Silva (reviewer)',
    'Bo (lead)',
  ]);
});

it.each([
  ['another role', { role: 'lead' }, 'reviewer', 'lead'],
  [
    'another day',
    { at: '2026-11-04T14:05:09Z' },
    'reviewer, here since 2026-11-03',
    'reviewer, here since 2026-11-04',
  ],
  [
    'another hour',
    { at: '2026-11-03T15:05:09Z' },
    'reviewer, here since 2026-11-03 14:05 UTC',
    'reviewer, here since 2026-11-03 15:05 UTC',
  ],
  ['nothing but the account', {}, 'reviewer, account 000000-a', 'reviewer, account 000000-b'],
] as const)('tells namesakes apart by %s', (_, change, one, other) => {
  expect(labels(ana('a'), ana('b', change))).toEqual([`Ana Silva (${one})`, `Ana Silva (${other})`]);
});

it.each(['ana silva', 'Ana  Silva', '\u0410na Silva', 'Ana Silva\u200b'])(
  'takes %j for a namesake',
  (name) => {
    const [one, other] = labels(ana('a'), ana('b', { name, at: '2026-11-09T00:00:00Z' }));
    expect(one).toBe('Ana Silva (reviewer, here since 2026-11-03)');
    expect(other).toBe(`${name} (reviewer, here since 2026-11-09)`);
  },
);

it('keeps the order, and shows no address', () => {
  const people = [ana('b'), ana('a'), ana('c', { name: 'Bo' })].map((each) => ({
    ...each,
    email: 'a@b.example',
  }));
  expect(tellApart(people).map(({ id }) => id)).toEqual(people.map(({ id }) => id));
  expect(JSON.stringify(tellApart(people))).not.toContain('@');
});
