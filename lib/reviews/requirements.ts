import type { Tx } from '#lib/db';
import { AppError } from '#lib/errors';
import type { ReviewSettings } from '#lib/settings/schema';
import type { Verdict } from './schema.ts';

type Given = { verdict: Verdict; policyId?: string | null; note?: string | null };
type Rules = Pick<ReviewSettings, 'policyRequiredFor' | 'noteRequiredFor'>;

/** A policy as a decision stamps it. */
export type CitedPolicy = { id: string; key: string; version: number; title: string };

/**
 * The policy that a decision cites, null for none, once it has what the settings and the policy ask for; for one
 * decision and for many alike. Throws `invalid` with the field and what to do.
 */
export async function citedPolicy(tx: Tx, rules: Rules, given: Given): Promise<CitedPolicy | null> {
  const refuse = (field: string, why: string): never => {
    throw new AppError('invalid', `${field}: ${why}`, { fields: { [field]: why } });
  };
  const policy = given.policyId ? await tx.policy.findUnique({ where: { id: given.policyId } }) : null;
  if (given.policyId && !policy?.current) {
    const newer = policy && (await tx.policy.findFirst({ where: { key: policy.key, current: true } }));
    if (!policy)
      return refuse('policyId', 'is not a policy in force; reload the page to see the current ones');
    if (!newer) {
      return refuse(
        'policyId',
        `“${policy.title}” is no longer in force; reload the page and choose another`,
      );
    }
    return refuse(
      'policyId',
      `“${policy.title}” was revised, version ${newer.version} is in force; reload the page, read it and decide again`,
    );
  }
  if (!policy && rules.policyRequiredFor.includes(given.verdict)) {
    return refuse('policyId', `is needed: the verdict ${given.verdict} cites the policy it rests on`);
  }
  if (!given.note?.trim()) {
    if (policy?.reasonRequired)
      return refuse('note', `is needed: a decision under “${policy.title}” says why`);
    if (rules.noteRequiredFor.includes(given.verdict)) {
      return refuse('note', `is needed: the verdict ${given.verdict} says why`);
    }
  }
  return policy && { id: policy.id, key: policy.key, version: policy.version, title: policy.title };
}
