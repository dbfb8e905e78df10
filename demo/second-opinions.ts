import type { UserActor } from '#lib/actor';
import { claimInteraction } from '#lib/claims/mutations';
import { db } from '#lib/db';
import { decide } from '#lib/reviews/mutations';
import type { Verdict } from '#lib/reviews/schema';
import { policyFor } from './decisions.ts';
import { PAST_RUN } from './past.ts';
import { pick, type Random, seededRandom } from './random.ts';

/** How often the second reader comes to the same verdict. */
const AGREES = 0.86;
/** So many disagreements are left for the visitor to settle. */
const LEFT_TO_SETTLE = 4;

const OTHER: Record<Verdict, readonly Verdict[]> = {
  harmful: ['unsure', 'benign'],
  benign: ['harmful', 'unsure'],
  unsure: ['harmful', 'benign'],
};

const NOTES: Record<Verdict, string> = {
  harmful: 'Anybody who pastes this in has the problem; the prompt does not ask for it.',
  benign: 'A test fixture. It never sees input from outside.',
  unsure: 'Depends on what calls it, and that is not in the context.',
};

/** The items that two people read get their second, blind reading; the lead settles most of the disagreements. */
export async function decideAgain(crew: readonly UserActor[], source: string): Promise<void> {
  const random = seededRandom(11);
  const policies = await db.policy.findMany({
    where: { current: true },
    select: { id: true, key: true, reasonRequired: true },
  });
  const readers = crew.filter(({ role }) => role === 'reviewer' || role === 'commander');
  const waiting = await db.queueItem.findMany({
    where: {
      state: 'pending',
      stage: 'review',
      reviewsDone: 1,
      interaction: { source, externalId: { startsWith: `demo-${PAST_RUN}-` } },
    },
    orderBy: { interaction: { occurredAt: 'asc' } },
    select: {
      interactionId: true,
      interaction: {
        select: {
          findings: { orderBy: { position: 'asc' }, take: 1 },
          reviews: { select: { reviewerId: true, verdict: true } },
        },
      },
    },
  });
  for (const { interactionId, interaction } of waiting) {
    const [first] = interaction.reviews;
    const [finding] = interaction.findings;
    if (!first || !finding) continue;
    const reader = pick(
      random,
      readers.filter(({ id }) => id !== first.reviewerId),
    );
    const verdict = secondVerdict(first.verdict as Verdict, random);
    const policy = policies.find(({ key }) => key === policyFor(finding));
    const explains = verdict !== first.verdict || (verdict === 'harmful' && policy?.reasonRequired);
    await say(reader, interactionId, verdict, policy?.id, random, explains ? NOTES[verdict] : null);
  }
  await settle(crew, random);
}

async function settle(crew: readonly UserActor[], random: Random): Promise<void> {
  const lead = crew.find(({ role }) => role === 'lead');
  if (!lead) return;
  const disputed = await db.queueItem.findMany({
    where: { state: 'pending', stage: 'adjudication' },
    orderBy: { receivedAt: 'asc' },
    select: {
      interactionId: true,
      interaction: {
        select: { reviews: { orderBy: { createdAt: 'asc' }, select: { verdict: true, policyId: true } } },
      },
    },
  });
  for (const { interactionId, interaction } of disputed.slice(
    0,
    Math.max(0, disputed.length - LEFT_TO_SETTLE),
  )) {
    const right = pick(random, interaction.reviews);
    const cited = interaction.reviews.find(({ policyId }) => policyId !== null)?.policyId;
    const verdict = right.verdict as Verdict;
    await say(lead, interactionId, verdict, cited ?? undefined, random, NOTES[verdict]);
  }
}

function secondVerdict(first: Verdict, random: Random): Verdict {
  return random() < AGREES ? first : pick(random, OTHER[first]);
}

async function say(
  person: UserActor,
  interactionId: string,
  verdict: Verdict,
  policyId: string | undefined,
  random: Random,
  note: string | null,
): Promise<void> {
  const { token } = await claimInteraction(person, { interactionId });
  await decide(person, {
    interactionId,
    token,
    verdict,
    ...(verdict === 'harmful' ? { policyId } : {}),
    // Some policies want a reason for every decision under them.
    note: note ?? (verdict === 'harmful' ? NOTES.harmful : null),
    timeSpentMs: Math.round(5_000 + random() ** 3 * 80_000),
  });
}
