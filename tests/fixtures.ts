import type { Actor, UserActor } from '#lib/actor';
import { db, type Prisma } from '#lib/db';
import { newId } from '#lib/ids';
import type { Role, Scope } from '#lib/permissions';
import { rememberConfirmed, sessionDigest } from '#lib/users/confirmation';

let count = 0;

/** A person in the database, as the actor that verbs take. */
export async function person(role: Role, name?: string): Promise<UserActor> {
  count += 1;
  const id = newId();
  const shown = name ?? `${role} ${count}`;
  await db.user.create({ data: { id, email: `${role}-${id}@example.test`, name: shown, role } });
  // As if they had just signed in.
  const session = sessionDigest(id);
  await rememberConfirmed(db, session, id);
  return { kind: 'user', id, name: shown, role, session };
}

/** A machine key, as the actor that verbs take; whoever made it holds it, unless somebody else is said to. */
export async function machine(
  scopes: Scope[],
  createdById: string | null = null,
  heldById: string | null = createdById,
): Promise<Extract<Actor, { kind: 'key' }>> {
  count += 1;
  const id = newId();
  const source = `source-${count}-${id.slice(-6)}`;
  await db.apiKey.create({
    data: { id, name: source, source, scopes, hash: id, prefix: 'sg_test', createdById, heldById },
  });
  return { kind: 'key', id, name: source, source, scopes, createdById, heldById };
}

/** A flagged interaction that waits in the queue; answers its id. */
export async function flagged(
  overrides: {
    prompt?: string;
    before?: string | null;
    completion?: string;
    language?: string;
    severity?: string;
    category?: string;
    tenant?: string;
  } = {},
): Promise<string> {
  count += 1;
  const id = newId();
  const now = new Date();
  const severity = overrides.severity ?? 'high';
  const category = overrides.category ?? 'insecure_code';
  const language = overrides.language ?? 'python';
  await db.interaction.create({
    data: {
      id,
      source: 'fixture',
      externalId: id,
      digest: Buffer.from(id),
      occurredAt: now,
      modelName: 'codex-sim',
      modelVersion: '2026.9',
      surface: 'inline',
      language,
      actorId: `actor-${count}`,
      tier: 'business',
      tenant: overrides.tenant ?? 'tenant-1',
      prompt: overrides.prompt ?? 'Read the user by name',
      before: overrides.before ?? null,
      completion:
        overrides.completion ?? 'cursor.execute("SELECT * FROM users WHERE name = \'" + name + "\'")',
      findings: {
        create: [
          {
            position: 0,
            detector: 'fixture',
            rule: 'sql',
            category,
            severity,
            cwe: 'CWE-89',
            message: 'SQL built by concatenation',
          },
        ],
      },
      queueItem: {
        create: { severity, category, language, receivedAt: now, dueAt: new Date(now.getTime() + 3_600_000) },
      },
    },
  });
  return id;
}

/** A cluster of these interactions; each of `shapes` is a shape and a variant of its own, the others share one. */
export async function clusterOf(ids: string[], shapes: string[] = []): Promise<{ id: string; ref: string }> {
  const at = new Date();
  const id = newId();
  const { number } = await db.cluster.create({
    data: { id, scope: 'fixture', representativeId: ids[0] ?? '', size: ids.length, firstAt: at, lastAt: at },
  });
  const shapeOf = new Map<string, string>();
  for (const key of ['', ...shapes]) {
    const shapeId = newId();
    await db.clusterShape.create({
      data: {
        id: shapeId,
        scope: 'fixture',
        fingerprint: Buffer.from(shapeId),
        featureHash: Buffer.from(''),
        clusterId: id,
      },
    });
    shapeOf.set(key, shapeId);
  }
  const shared = shapeOf.get('') ?? '';
  await db.clusterMember.createMany({
    data: ids.map((interactionId) => ({
      interactionId,
      clusterId: id,
      shapeId: shapeOf.get(interactionId) ?? shared,
      similarity: 1,
      variant: Buffer.from(shapeOf.get(interactionId) ?? shared),
    })),
  });
  return { id, ref: `C-${number}` };
}

/** A row as a source sends it, one high finding; `findings: undefined` leaves them out. */
export function sentRow(id: string, overrides: Record<string, unknown> = {}) {
  return {
    id,
    occurredAt: '2026-11-01T12:00:00Z',
    model: { name: 'codex-sim', version: '2026.9' },
    surface: 'inline',
    language: 'python',
    actor: { id: 'u1' },
    prompt: 'p',
    completion: 'c',
    findings: [{ detector: 'd', category: 'insecure_code', severity: 'high' }],
    ...overrides,
  };
}

/** A rule in the database that blocks `evil(` for an hour, of an incident of its own; live where `state` says so. */
export async function ruleRow(
  overrides: Partial<Prisma.MitigationUncheckedCreateInput> = {},
): Promise<{ id: string; number: number; incidentId: string }> {
  const incident = await db.incident.create({ data: { id: newId(), title: 'Test', severity: 'sev2' } });
  return db.mitigation.create({
    data: {
      id: newId(),
      incidentId: incident.id,
      title: 'Test',
      scope: {},
      matcher: { kind: 'literal', text: 'evil(' },
      target: 'completion',
      action: 'block',
      mode: 'enforce',
      tests: { mustMatch: [{ text: 'evil(' }], mustNotMatch: [{ text: 'fine' }] },
      expiresAt: new Date(Date.now() + 3_600_000),
      ...overrides,
    },
    select: { id: true, number: true, incidentId: true },
  });
}
