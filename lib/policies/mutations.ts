import { type Actor, systemActor } from '#lib/actor';
import { recordEvent } from '#lib/audit/record';
import { db, type Tx } from '#lib/db';
import { AppError } from '#lib/errors';
import { newId } from '#lib/ids';
import { authorize } from '#lib/permissions';
import { DEFAULT_POLICIES } from './defaults.ts';
import {
  type CreatePolicy,
  MAX_POLICIES,
  type OrderPolicies,
  type RetirePolicy,
  type RevisePolicy,
} from './schema.ts';

/** Adds the default policies that have never been there; never touches one that a lead has changed. */
export async function seedPolicies(actor: Actor = systemActor('seed')): Promise<{ created: number }> {
  authorize(actor, 'policy.write');
  return db.$transaction(async (tx) => {
    const { count } = await tx.policy.createMany({
      data: DEFAULT_POLICIES.map((policy, index) => ({
        id: newId(),
        key: policy.key,
        version: 1,
        position: index + 1,
        title: policy.title,
        text: policy.text,
        examples: [...policy.examples],
        reasonRequired: policy.reasonRequired,
      })),
      skipDuplicates: true,
    });
    if (count > 0) {
      await recordEvent(tx, actor, {
        action: 'policy.seed',
        subject: { type: 'policy', id: 'defaults' },
        data: { created: count, keys: DEFAULT_POLICIES.map(({ key }) => key) },
      });
    }
    return { created: count };
  });
}

/** A new clause, after the others. Throws `conflict` for a key that is or was in use, or when there are too many. */
export async function createPolicy(actor: Actor, input: CreatePolicy): Promise<{ id: string }> {
  authorize(actor, 'policy.write');
  return db.$transaction(async (tx) => {
    const current = await lockPolicies(tx);
    const known = await tx.policy.findFirst({ where: { key: input.key }, orderBy: { version: 'desc' } });
    if (known) {
      const taken = known.current
        ? 'is in use; revise that policy or choose another key'
        : 'was used by a retired policy that decisions still cite; choose another key';
      throw new AppError('conflict', `key: ${taken}`, { fields: { key: taken } });
    }
    if (current.length >= MAX_POLICIES) {
      throw new AppError('conflict', `There are ${MAX_POLICIES} policies in force; retire one first.`);
    }
    const id = newId();
    const position = Math.max(0, ...current.map((policy) => policy.position)) + 1;
    await tx.policy.create({ data: { id, version: 1, position, ...input } });
    await recordEvent(tx, actor, {
      action: 'policy.create',
      subject: { type: 'policy', id: input.key },
      data: { key: input.key, version: 1, title: input.title },
    });
    return { id };
  });
}

/**
 * The next version of a clause, in force at once; decisions keep the version they were made under.
 * Throws `conflict` when somebody revised or retired it since it was read, `not_found`, `invalid` when nothing differs.
 */
export async function revisePolicy(
  actor: Actor,
  input: RevisePolicy,
): Promise<{ id: string; version: number }> {
  authorize(actor, 'policy.write');
  return db.$transaction(async (tx) => {
    await lockPolicies(tx);
    const before = await policyAsRead(tx, input);
    const after = {
      title: input.title ?? before.title,
      text: input.text ?? before.text,
      examples: input.examples ?? before.examples,
      reasonRequired: input.reasonRequired ?? before.reasonRequired,
    };
    const fields = (Object.keys(after) as (keyof typeof after)[]).filter(
      (field) => plainly(after[field]) !== plainly(before[field]),
    );
    if (fields.length === 0) {
      throw new AppError('invalid', 'Nothing differs from the version in force; nothing was saved.');
    }
    const id = newId();
    const version = before.version + 1;
    await tx.policy.update({ where: { id: before.id }, data: { current: false } });
    await tx.policy.create({
      data: {
        id,
        key: before.key,
        version,
        position: before.position,
        ...after,
        examples: after.examples ?? [],
      },
    });
    await recordEvent(tx, actor, {
      action: 'policy.revise',
      subject: { type: 'policy', id: before.key },
      data: { key: before.key, title: after.title, from: before.version, version, fields },
    });
    return { id, version };
  });
}

/**
 * Takes a clause out of force; decisions that cite it keep it. Throws `conflict` when it changed since it was read or
 * is the last one, and `not_found`.
 */
export async function retirePolicy(actor: Actor, input: RetirePolicy): Promise<void> {
  authorize(actor, 'policy.write');
  await db.$transaction(async (tx) => {
    const current = await lockPolicies(tx);
    const policy = await policyAsRead(tx, input);
    if (current.length === 1) {
      throw new AppError('conflict', 'This is the last policy in force, and decisions need one to cite.');
    }
    await tx.policy.update({ where: { id: policy.id }, data: { current: false } });
    await recordEvent(tx, actor, {
      action: 'policy.retire',
      subject: { type: 'policy', id: policy.key },
      data: { key: policy.key, version: policy.version, title: policy.title },
    });
  });
}

/**
 * The order of the policies and so of their digit keys; `keys` names each in force. An order is not a version.
 * Throws `conflict` when a policy was added or retired meanwhile.
 */
export async function orderPolicies(actor: Actor, input: OrderPolicies): Promise<void> {
  authorize(actor, 'policy.write');
  await db.$transaction(async (tx) => {
    const current = await lockPolicies(tx);
    const known = new Set(current.map(({ key }) => key));
    if (new Set(input.keys).size !== known.size || !input.keys.every((key) => known.has(key))) {
      throw new AppError(
        'conflict',
        'The policies have changed meanwhile; reload them and order them again.',
      );
    }
    const before = current.map(({ key }) => key);
    if (before.join() === input.keys.join()) return;
    await tx.$executeRaw`
      UPDATE policy SET position = row.position::int
      FROM unnest(${input.keys}::text[]) WITH ORDINALITY AS row (key, position)
      WHERE policy.key = row.key AND policy.current`;
    await recordEvent(tx, actor, {
      action: 'policy.order',
      subject: { type: 'policy', id: 'all' },
      data: { before, after: input.keys },
    });
  });
}

// Versions, positions and keys are read before they are written; one lock stands for all of them.
async function lockPolicies(tx: Tx) {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('policy'))`;
  return tx.policy.findMany({
    where: { current: true },
    orderBy: [{ position: 'asc' }, { key: 'asc' }],
    select: { key: true, position: true },
  });
}

/** The version in force, which must be the one that was read. */
async function policyAsRead(tx: Tx, { key, version }: { key: string; version: number }) {
  const newest = await tx.policy.findFirst({ where: { key }, orderBy: { version: 'desc' } });
  if (!newest) throw new AppError('not_found', `There is no policy ${key}.`);
  if (!newest.current) {
    throw new AppError('conflict', `“${newest.title}” was retired meanwhile; nothing was saved.`);
  }
  if (newest.version !== version) {
    throw new AppError(
      'conflict',
      `Somebody revised “${newest.title}” meanwhile: version ${newest.version} is in force. Nothing was saved; reload the page, read it and try again.`,
    );
  }
  return newest;
}

// jsonb keeps keys in an order of its own.
function plainly(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
