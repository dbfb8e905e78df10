import { z } from 'zod';
import { storable } from '#lib/storable';

/** What may follow the `?` of `POST /api/v1/findings/{adapter}`. */
export const reportFindingsSchema = z.strictObject({
  source: z
    .string()
    .min(1)
    .max(200)
    .refine(storable, 'has a character that cannot be stored')
    .optional()
    .meta({ description: "Whose interactions the report is about; the key's own source when absent" }),
});
