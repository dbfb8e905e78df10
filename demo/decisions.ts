import type { UserActor } from '#lib/actor';
import { claimInteraction } from '#lib/claims/mutations';
import { db } from '#lib/db';
import { decide } from '#lib/reviews/mutations';
import { PAST_RUN } from './past.ts';
import { pick, type Random, seededRandom } from './random.ts';
import { flaggedTemplates } from './templates/all.ts';

/** So many stay in the queue for the visitor. */
const LEFT_OPEN = 60;

const FALSE_ALARMS = new Set(
  flaggedTemplates.flatMap(({ finding }) =>
    finding?.falseAlarm ? [`${finding.detector}/${finding.rule}`] : [],
  ),
);

const POLICY_BY_CATEGORY: Record<string, string> = {
  insecure_code: 'unsafe-api',
  secret: 'secrets',
  data_leak: 'secrets',
  malicious_package: 'malicious-package',
  prompt_injection: 'prompt-attack',
  jailbreak: 'prompt-attack',
};
/** For the policies under which a decision says why. */
const REASON = 'Nobody asked for this, and whoever runs it is worse off.';
const INJECTION_CWES = new Set(['CWE-89', 'CWE-78', 'CWE-79', 'CWE-95', 'CWE-98']);

export type Finding = { detector: string; rule: string | null; category: string; cwe: string | null };

/** The demo's reviewers work through most of the past, oldest first, as people would: with claims. */
export async function decidePast(crew: readonly UserActor[], source: string): Promise<void> {
  const reviewers = crew.filter(({ role }) => role === 'reviewer');
  const random = seededRandom(7);
  const policies = await db.policy.findMany({
    where: { current: true },
    select: { id: true, key: true, reasonRequired: true },
  });
  const waiting = await db.queueItem.findMany({
    where: { state: 'pending', interaction: { source, externalId: { startsWith: `demo-${PAST_RUN}-` } } },
    orderBy: { interaction: { occurredAt: 'asc' } },
    select: { interactionId: true, interaction: { select: { findings: { orderBy: { position: 'asc' } } } } },
  });
  for (const item of waiting.slice(0, Math.max(0, waiting.length - LEFT_OPEN))) {
    const [finding] = item.interaction.findings;
    if (!finding) continue;
    const reviewer = pick(random, reviewers);
    const { token } = await claimInteraction(reviewer, { interactionId: item.interactionId });
    const policy = policies.find(({ key }) => key === policyFor(finding));
    const verdict = verdictOn(finding, random);
    await decide(reviewer, {
      interactionId: item.interactionId,
      token,
      verdict,
      ...(verdict === 'harmful' && { policyId: policy?.id, note: policy?.reasonRequired ? REASON : null }),
      timeSpentMs: Math.round(6_000 + random() ** 3 * 90_000),
    });
  }
}

/**
 * Dates the made-up decisions back by a while: made in a few seconds and just now, they would have the visitor sent
 * into a pause before their first item.
 */
export async function restAfterPast(source: string): Promise<void> {
  const past = `demo-${PAST_RUN}-%`;
  await db.$executeRaw`
    UPDATE review SET created_at = review.created_at - interval '20 minutes' FROM interaction
    WHERE interaction.id = review.interaction_id AND interaction.source = ${source}
      AND interaction.external_id LIKE ${past}`;
  await db.$executeRaw`
    UPDATE queue_item AS item SET received_at = item.received_at - interval '20 minutes',
      first_claimed_at = item.first_claimed_at - interval '20 minutes',
      decided_at = item.decided_at - interval '20 minutes'
    FROM interaction WHERE interaction.id = item.interaction_id AND interaction.source = ${source}
      AND interaction.external_id LIKE ${past} AND item.reviews_done > 0`;
}

/** As a reviewer of the demo would see it; false alarms are called so, mostly. */
function verdictOn(finding: Finding, random: Random): 'harmful' | 'benign' | 'unsure' {
  const chance = random();
  if (FALSE_ALARMS.has(`${finding.detector}/${finding.rule}`)) return chance < 0.9 ? 'benign' : 'unsure';
  if (chance < 0.82) return 'harmful';
  return chance < 0.93 ? 'benign' : 'unsure';
}

/** The key of the policy that a harmful one falls under. */
export function policyFor({ category, cwe }: Finding): string {
  if (cwe && INJECTION_CWES.has(cwe)) return 'injection';
  return POLICY_BY_CATEGORY[category] ?? 'other';
}
