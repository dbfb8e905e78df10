import { z } from 'zod';
import { backtestBodySchema, mitigationRefSchema, scopeSchema } from '#lib/mitigations/schema';

const ref = z.string().max(40);

/** What the panel asks for: the draft as it is, and what it is tried for. */
export const startBacktestSchema = z.strictObject({
  draft: backtestBodySchema,
  mitigation: mitigationRefSchema.optional(),
  incident: ref.optional(),
  cluster: ref.optional(),
});

export const oneBacktestSchema = z.strictObject({ id: z.uuid() });

/** The scope as typed, to be told what came in within it. */
export const scopeTrafficSchema = z.strictObject({ scope: scopeSchema });
