import { type Actor, systemActor } from '#lib/actor';
import { recordEvent } from '#lib/audit/record';
import { db } from '#lib/db';
import { newId } from '#lib/ids';
import { authorize } from '#lib/permissions';
import { DEFAULT_POLICIES } from './defaults.ts';

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
