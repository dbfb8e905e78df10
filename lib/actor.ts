import type { Role, Scope } from './permissions.ts';

/** Who acts: a signed-in person, a machine with an API key, or Stopgap itself. */
export type Actor =
  | {
      kind: 'user';
      id: string;
      name: string;
      role: Role;
      /** Stands for the session they act in; without one they have proved nothing lately. */
      session?: string | undefined;
    }
  | {
      kind: 'key';
      id: string;
      name: string;
      source: string;
      scopes: Scope[];
      createdById: string | null;
      /** The person in whose hands it is; null where nobody has said. */
      heldById: string | null;
    }
  | { kind: 'system'; name: string };

export type UserActor = Extract<Actor, { kind: 'user' }>;

/** The worker's own hand, named by the job so that the history says which clock rang. */
export function systemActor(name: string): Actor {
  return { kind: 'system', name };
}

/** The person answerable for an act, null where that is not known: all keys that one person holds are that person. */
export function personOf(actor: Actor): string | null {
  switch (actor.kind) {
    case 'user':
      return actor.id;
    case 'key':
      return actor.heldById;
    case 'system':
      return null;
  }
}

/** One text per actor, for tables that know neither people nor keys: `user:<id>`, `key:<id>`, `system`. */
export function actorKey(actor: Actor): string {
  return actor.kind === 'system' ? 'system' : `${actor.kind}:${actor.id}`;
}
