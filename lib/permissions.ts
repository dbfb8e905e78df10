import type { Actor } from './actor.ts';
import { AppError } from './errors.ts';

export const ROLES = ['reviewer', 'lead', 'commander', 'auditor', 'admin'] as const;
export const SCOPES = ['ingest', 'feed', 'respond', 'export'] as const;
export type Role = (typeof ROLES)[number];
export type Scope = (typeof SCOPES)[number];

type Grant = { roles: readonly Role[]; scopes: readonly Scope[] };

const everyone = ROLES;
const respond = { roles: ['lead', 'commander'], scopes: ['respond'] } as const;
const command = { roles: ['commander'], scopes: ['respond'] } as const;
const admin = { roles: ['admin'], scopes: [] } as const;

/** The one table that both the verbs and the buttons ask. */
export const PERMISSIONS = {
  'interaction.ingest': { roles: [], scopes: ['ingest'] },
  'interaction.read': { roles: everyone, scopes: ['export', 'respond'] },
  'outcome.report': { roles: [], scopes: ['ingest'] },
  'finding.report': { roles: [], scopes: ['ingest'] },
  // Secrets are masked; seeing one is an act of its own.
  'interaction.reveal': { roles: ['reviewer', 'lead', 'commander'], scopes: [] },
  'interaction.erase': { roles: ['admin'], scopes: [] },
  'review.claim': { roles: ['reviewer', 'lead', 'commander'], scopes: [] },
  'review.decide': { roles: ['reviewer', 'lead', 'commander'], scopes: [] },
  'review.adjudicate': { roles: ['lead'], scopes: [] },
  'review.batch': { roles: ['reviewer', 'lead', 'commander'], scopes: [] },
  'golden.manage': { roles: ['lead'], scopes: [] },
  'cluster.read': { roles: everyone, scopes: ['export', 'respond'] },
  'cluster.split': { roles: ['reviewer', 'lead', 'commander'], scopes: [] },
  'cluster.automate': { roles: ['lead'], scopes: [] },
  'queue.read': { roles: everyone, scopes: [] },
  'queue.manage': { roles: ['lead', 'admin'], scopes: [] },
  'settings.read': { roles: everyone, scopes: [] },
  'settings.write': { roles: ['lead', 'admin'], scopes: [] },
  'preference.own': { roles: everyone, scopes: [] },
  'quality.read': { roles: ['lead', 'auditor'], scopes: [] },
  'insights.read': { roles: ['lead', 'commander', 'auditor', 'admin'], scopes: [] },
  'policy.read': { roles: everyone, scopes: [] },
  'policy.write': { roles: ['lead'], scopes: [] },
  'incident.read': { roles: everyone, scopes: ['respond', 'export'] },
  'incident.declare': { roles: ['reviewer', 'lead', 'commander'], scopes: ['respond'] },
  'incident.note': { roles: ['reviewer', 'lead', 'commander'], scopes: ['respond'] },
  'incident.link': { roles: ['reviewer', 'lead', 'commander'], scopes: ['respond'] },
  'incident.transition': respond,
  'incident.assign': respond,
  'mitigation.read': { roles: everyone, scopes: ['respond', 'export'] },
  'mitigation.draft': respond,
  // A key cannot say who holds it, so the second person must be signed in.
  'mitigation.approve': { roles: ['commander'], scopes: [] },
  'mitigation.publish': command,
  'mitigation.withdraw': command,
  'ruleset.follow': { roles: [], scopes: ['feed'] },
  'fleet.read': { roles: everyone, scopes: ['respond', 'export', 'feed'] },
  // That a silent instance is gone, and how many there should be.
  'fleet.manage': { roles: ['lead', 'commander', 'admin'], scopes: ['respond'] },
  'fleet.report': { roles: [], scopes: ['feed'] },
  'audit.read': { roles: everyone, scopes: ['export'] },
  'audit.export': { roles: ['lead', 'commander', 'auditor'], scopes: ['export'] },
  'key.manage': admin,
  'user.manage': admin,
} as const satisfies Record<string, Grant>;

export type Permission = keyof typeof PERMISSIONS;

/** Whether the actor may; the system acts only through jobs that are themselves code, so it may. */
export function can(actor: Actor, permission: Permission): boolean {
  const grant: Grant = PERMISSIONS[permission];
  switch (actor.kind) {
    case 'user':
      return grant.roles.includes(actor.role);
    case 'key':
      return actor.scopes.some((scope) => grant.scopes.includes(scope));
    case 'system':
      return true;
  }
}

/** First line of every verb and query. Throws `forbidden` with what is needed. */
export function authorize(actor: Actor, permission: Permission): void {
  if (can(actor, permission)) return;
  const grant: Grant = PERMISSIONS[permission];
  throw new AppError('forbidden', neededFor(grant, actor));
}

function neededFor({ roles, scopes }: Grant, { kind }: Actor): string {
  const [mine, theirs] = kind === 'key' ? [scopes, roles] : [roles, scopes];
  if (mine.length > 0)
    return `This needs ${kind === 'key' ? 'a key with the scope' : 'the role'} ${mine.join(' or ')}.`;
  return kind === 'key'
    ? `No key can do this: it takes a signed-in person with the role ${theirs.join(' or ')}.`
    : `Nobody who signs in can do this: it takes a key with the scope ${theirs.join(' or ')}.`;
}
