import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { z } from 'zod';
import type { FreshnessMode } from './freshness.ts';
import { labelsSchema } from './report.ts';

const optionsSchema = z.object({
  feedUrl: z.url({ protocol: /^https?$/, error: 'must be the http or https address of a feed or relay' }),
  apiKey: z
    .string({ error: 'is missing: a key with the scope feed is needed' })
    .min(1, 'is empty: a key with the scope feed is needed'),
  instanceId: z.string().min(1).max(200),
  labels: labelsSchema,
  freshness: z.enum(['required', 'when-offered']),
  headMaxAgeMs: z.int().positive().optional(),
});

// In a container the process is always number 1, and on the host's network containers share its name too.
const ownNumber = () => (process.pid === 1 ? randomBytes(3).toString('hex') : process.pid);

/** What a guard needs to know, whole. Throws a `TypeError` that says in one sentence what is wrong. */
export function checkedOptions(options: {
  feedUrl: string;
  apiKey: string;
  instanceId?: string;
  labels?: Record<string, string>;
  publicKey?: string;
  freshness?: FreshnessMode;
  headMaxAgeMs?: number;
}): z.infer<typeof optionsSchema> {
  const { feedUrl, apiKey, labels = {}, instanceId = `${hostname()}-${ownNumber()}` } = options;
  // Who takes whatever key it is shown proves nothing by what that key has signed.
  const {
    publicKey,
    freshness = publicKey === undefined ? 'when-offered' : 'required',
    headMaxAgeMs,
  } = options;
  const checked = optionsSchema.safeParse({ feedUrl, apiKey, instanceId, labels, freshness, headMaxAgeMs });
  if (checked.success) return checked.data;
  const problems = checked.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
  throw new TypeError(`The guard cannot start: ${problems.join('; ')}.`);
}
