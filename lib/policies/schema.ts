import { z } from 'zod';
import { VERDICTS } from '#lib/reviews/schema';

const plain = (max: number) =>
  z
    .string()
    .max(max)
    .refine((text) => !text.includes('\0') && text.isWellFormed(), 'has a character that cannot be stored');
const required = (max: number, why: string) => plain(max).trim().min(1, why);

/** A case that shows what a clause means: what was answered, which verdict it gets, and why. */
export const policyExampleSchema = z.strictObject({
  verdict: z.enum(VERDICTS),
  code: plain(4_000).refine((code) => code.trim() !== '', 'is needed: an example shows something'),
  why: required(500, 'is needed: say in a sentence why'),
});
export type PolicyExample = z.infer<typeof policyExampleSchema>;

export const MAX_POLICIES = 50;

const clause = {
  title: required(60, 'is needed'),
  text: required(4_000, 'is needed: say what the clause covers'),
  examples: z.array(policyExampleSchema).max(10, 'holds 10'),
  /** A decision under this clause must carry a note. */
  reasonRequired: z.boolean(),
};

export const createPolicySchema = z.strictObject({
  key: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be small letters, digits and hyphens, starting with a letter'),
  title: clause.title,
  text: clause.text,
  examples: clause.examples.default([]),
  reasonRequired: clause.reasonRequired.default(false),
});
export type CreatePolicy = z.infer<typeof createPolicySchema>;

/** `version` is the one that was read; a newer one by now is a conflict. Fields left out stay as they are. */
export const revisePolicySchema = z.strictObject({
  key: z.string().min(1).max(40),
  version: z.number().int().min(1),
  title: clause.title.optional(),
  text: clause.text.optional(),
  examples: clause.examples.optional(),
  reasonRequired: clause.reasonRequired.optional(),
});
export type RevisePolicy = z.infer<typeof revisePolicySchema>;

export const retirePolicySchema = z.strictObject({
  key: z.string().min(1).max(40),
  version: z.number().int().min(1),
});
export type RetirePolicy = z.infer<typeof retirePolicySchema>;

/** Every policy in force, in the order of their digit keys. */
export const orderPoliciesSchema = z.strictObject({
  keys: z.array(z.string().min(1).max(40)).min(1).max(MAX_POLICIES),
});
export type OrderPolicies = z.infer<typeof orderPoliciesSchema>;
