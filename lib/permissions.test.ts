import { expect, test } from 'vitest';
import { systemActor } from './actor.ts';
import { authorize, can, PERMISSIONS, type Permission, ROLES, SCOPES } from './permissions.ts';

const user = (role: (typeof ROLES)[number]) => ({ kind: 'user' as const, id: '1', name: role, role });
const key = (scope: (typeof SCOPES)[number]) => ({
  kind: 'key' as const,
  id: '1',
  name: scope,
  source: scope,
  scopes: [scope],
  createdById: null,
  heldById: null,
});

// Written out by hand, so that a widened grant has to be widened here too.
const WRITERS: Partial<Record<Permission, string[]>> = {
  'interaction.ingest': ['key:ingest'],
  'review.decide': ['reviewer', 'lead', 'commander'],
  'incident.transition': ['lead', 'commander', 'key:respond'],
  'mitigation.approve': ['commander'],
  'mitigation.publish': ['commander', 'key:respond'],
  'mitigation.withdraw': ['commander', 'key:respond'],
  'fleet.manage': ['lead', 'commander', 'admin', 'key:respond'],
  'fleet.report': ['key:feed'],
  'key.manage': ['admin'],
  'user.manage': ['admin'],
};

test.each(Object.entries(WRITERS))('%s is for %j only', (permission, allowed) => {
  const people = ROLES.filter((role) => can(user(role), permission as Permission));
  const machines = SCOPES.filter((scope) => can(key(scope), permission as Permission)).map(
    (scope) => `key:${scope}`,
  );
  expect([...people, ...machines]).toEqual(allowed);
});

test('an auditor changes nothing', () => {
  const allowed = Object.keys(PERMISSIONS).filter((permission) =>
    can(user('auditor'), permission as Permission),
  );
  expect(allowed.every((permission) => /\.(read|export|own)$/.test(permission))).toBe(true);
});

test('a refusal says what is needed', () => {
  expect(() => authorize(user('reviewer'), 'mitigation.publish')).toThrow('This needs the role commander.');
  expect(() => authorize(key('ingest'), 'mitigation.publish')).toThrow(
    'This needs a key with the scope respond.',
  );
  expect(can(systemActor('expiry'), 'mitigation.withdraw')).toBe(true);
});
