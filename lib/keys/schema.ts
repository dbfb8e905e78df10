import { z } from 'zod';
import { SCOPES } from '#lib/permissions';
import { STORABLE, storable } from '#lib/storable';

export const createKeySchema = z.strictObject({
  name: z
    .string()
    .trim()
    .min(1, 'Give the key a name, such as the machine that will hold it.')
    .max(100)
    .refine(storable, STORABLE),
  /** Interactions are unique per source, so a key that replaces another keeps its source. */
  source: z
    .string()
    .trim()
    .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'Use lower-case letters, digits, dot, dash or underscore.'),
  scopes: z.array(z.enum(SCOPES)).min(1, 'Choose at least one scope.'),
  /** The person in whose hands it will be; left out, whoever makes it. What it writes, they wrote. */
  heldById: z.uuid('is nobody who is here').optional(),
  expiresInDays: z.int().min(1).max(3_650).optional(),
});

export const revokeKeySchema = z.strictObject({ id: z.uuid() });

export type CreateKey = z.infer<typeof createKeySchema>;
