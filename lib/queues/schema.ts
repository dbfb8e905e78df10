import { z } from 'zod';
import { CATEGORIES, SEVERITIES } from '#lib/interactions/schema';
import { SURFACES } from '#sdk/rule';

/** The id of the queue that takes what no other takes; prisma/migrations writes it. */
export const DEFAULT_QUEUE_ID = '00000000-0000-7000-8000-000000000001';

const names = z.array(z.string().min(1).max(200)).min(1).max(100).optional();

/** An interaction meets the conditions when it meets each that is given; inside one, any of the values will do. */
export const routingConditionsSchema = z.strictObject({
  category: z.array(z.enum(CATEGORIES)).min(1).optional(),
  severity: z.array(z.enum(SEVERITIES)).min(1).optional(),
  language: names,
  surface: z.array(z.enum(SURFACES)).min(1).optional(),
  model: names,
  tenant: names,
  tier: names,
  /** Any finding of the interaction by this detector. */
  detector: names,
});
export type RoutingConditions = z.infer<typeof routingConditionsSchema>;

const key = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be small letters, digits and hyphens, starting with a letter');

/** A new queue goes before the default one and after the others. */
export const createQueueSchema = z.strictObject({
  key,
  name: z.string().trim().min(1).max(80),
  conditions: routingConditionsSchema,
  requiredReviews: z.number().int().min(1).max(5).default(1),
  secondShare: z.number().min(0).max(1).nullable().default(null),
});
export type CreateQueue = z.infer<typeof createQueueSchema>;

export const editQueueSchema = z.strictObject({
  id: z.uuid(),
  name: z.string().trim().min(1).max(80).optional(),
  conditions: routingConditionsSchema.optional(),
  requiredReviews: z.number().int().min(1).max(5).optional(),
  secondShare: z.number().min(0).max(1).nullable().optional(),
});
export type EditQueue = z.infer<typeof editQueueSchema>;

/** Every queue but the default, in the order in which they are tried. */
export const orderQueuesSchema = z.strictObject({ ids: z.array(z.uuid()).min(1).max(100) });
export type OrderQueues = z.infer<typeof orderQueuesSchema>;

export const archiveQueueSchema = z.strictObject({ id: z.uuid() });
export type ArchiveQueue = z.infer<typeof archiveQueueSchema>;
