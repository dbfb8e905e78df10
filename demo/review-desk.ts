import type { UserActor } from '#lib/actor';
import { createQueue } from '#lib/queues/mutations';
import { listQueues } from '#lib/queues/queries';
import type { CreateQueue } from '#lib/queues/schema';
import { changeReviewSettings } from '#lib/settings/mutations';

/** High enough that agreement has figures to show after the made-up past. */
const SECOND_SHARE = 0.3;

const QUEUES: CreateQueue[] = [
  {
    key: 'packages',
    name: 'Packages and malware',
    conditions: { category: ['malicious_package', 'malware'] },
    requiredReviews: 1,
    secondShare: null,
  },
  {
    key: 'prompts',
    name: 'Prompt attacks',
    conditions: { category: ['prompt_injection', 'jailbreak'] },
    requiredReviews: 1,
    secondShare: null,
  },
  {
    key: 'secrets',
    name: 'Secrets and leaks',
    conditions: { category: ['secret', 'data_leak'] },
    requiredReviews: 1,
    secondShare: null,
  },
];

/** The lead sets the desk up: named queues, and a share of the items read twice. */
export async function setUpDesk(lead: UserActor): Promise<void> {
  await changeReviewSettings(lead, { secondShare: SECOND_SHARE });
  const known = new Set((await listQueues(lead)).map(({ key }) => key));
  for (const queue of QUEUES) if (!known.has(queue.key)) await createQueue(lead, queue);
}
