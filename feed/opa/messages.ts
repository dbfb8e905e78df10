import { z } from 'zod';

// What OPA posts, as its management documentation describes it. Versions of OPA add fields, so unlike our own
// messages these are not strict; of a decision's input, which holds prompts and code, nothing is read at all.

const labelsSchema = z.record(z.string().max(100), z.string().max(1_000));

const bundleStatusSchema = z.object({
  active_revision: z.string().max(200).optional(),
  code: z.string().max(200).optional(),
  message: z.string().max(100_000).optional(),
  errors: z.array(z.unknown()).optional(),
});

export const statusSchema = z.object({
  labels: labelsSchema,
  bundles: z.record(z.string().max(200), bundleStatusSchema).optional(),
});

const ruleSchema = z.object({
  id: z.uuid(),
  enforced: z.boolean().default(false),
});

const decisionSchema = z.object({
  labels: labelsSchema,
  bundles: z.record(z.string().max(200), z.object({ revision: z.string().max(200).optional() })).optional(),
  path: z.string().max(1_000).optional(),
  // Decisions of the operator's own policies come along; theirs has whatever form it has. One that was asked for before
  // the first bundle came has none.
  result: z.unknown().optional(),
  timestamp: z.iso.datetime({ offset: true }),
});

export const decisionLogSchema = z.array(decisionSchema).max(100_000);

const resultSchema = z.object({ seq: z.int().nonnegative(), rules: z.array(ruleSchema).max(5_000) });

export type OpaStatus = z.infer<typeof statusSchema>;
export type OpaDecision = z.infer<typeof decisionSchema>;

/** What our policy answered, null for a decision of another policy. */
export function ourResult({ path, result }: OpaDecision): z.infer<typeof resultSchema> | null {
  if (!path?.startsWith('stopgap/decision')) return null;
  const parsed = resultSchema.safeParse(result);
  return parsed.success ? parsed.data : null;
}

/** Unique in the fleet: the operator's label `instance`, else the id OPA makes up at every start. */
export function opaInstance(labels: Record<string, string>): string | null {
  return (labels.instance ?? labels.id ?? '').slice(0, 200) || null;
}

/** The number in a revision of ours, null for a bundle of another origin. */
export function revisionSeq(revision: string | undefined): number | null {
  return revision !== undefined && /^\d{1,9}$/.test(revision) ? Number(revision) : null;
}
