import { z } from 'zod';
import type { Actor } from '#lib/actor';
import { db } from '#lib/db';
import { AppError } from '#lib/errors';
import { authorize } from '#lib/permissions';
import { MAX_POLICIES, type PolicyExample, policyExampleSchema } from './schema.ts';

const columns = {
  id: true,
  key: true,
  version: true,
  position: true,
  title: true,
  text: true,
  examples: true,
  reasonRequired: true,
} as const;

/** The policies in force, in the order of their digit keys. */
export async function listPolicies(actor: Actor) {
  authorize(actor, 'policy.read');
  const rows = await db.policy.findMany({
    where: { current: true },
    orderBy: [{ position: 'asc' }, { key: 'asc' }],
    take: MAX_POLICIES,
    select: columns,
  });
  return rows.map((row) => ({ ...row, examples: examplesOf(row.examples) }));
}

export type CurrentPolicy = Awaited<ReturnType<typeof listPolicies>>[number];

/** Every version of one clause, newest first, with how many decisions rest on each. Throws `not_found`. */
export async function policyHistory(actor: Actor, key: string) {
  authorize(actor, 'policy.read');
  const rows = await db.policy.findMany({
    where: { key },
    orderBy: { version: 'desc' },
    take: 200,
    select: {
      ...columns,
      current: true,
      createdAt: true,
      _count: {
        select: { reviews: { where: { interaction: { queueItem: { isNot: { state: 'pending' } } } } } },
      },
    },
  });
  if (rows.length === 0) throw new AppError('not_found', `There is no policy ${key.slice(0, 40)}.`);
  return rows.map(({ _count, examples, ...row }) => ({
    ...row,
    examples: examplesOf(examples),
    decisions: _count.reviews,
  }));
}

export type PolicyVersion = Awaited<ReturnType<typeof policyHistory>>[number];

/** The newest version of each clause that is no longer in force. */
export async function listRetiredPolicies(actor: Actor) {
  authorize(actor, 'policy.read');
  return db.$queryRaw<{ key: string; title: string; version: number }[]>`
    SELECT DISTINCT ON (key) key, title, version FROM policy AS old
    WHERE NOT EXISTS (SELECT 1 FROM policy WHERE policy.key = old.key AND policy.current)
    ORDER BY key, version DESC LIMIT 200`;
}

function examplesOf(stored: unknown): PolicyExample[] {
  return z.array(policyExampleSchema).parse(stored);
}
