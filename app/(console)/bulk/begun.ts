import { z } from 'zod';
import { VERDICTS, type Verdict } from '#lib/reviews/schema';

type Search = Record<string, string | string[] | undefined>;

/** A verdict that was given to one item, offered for the rest of its kind. */
export type Begun = { verdict: Verdict; policyId: string | null };

const verdictSchema = z.enum(VERDICTS);

/** What an address begins with, by `beginWith`; null where it begins with nothing. */
export function readBegun({ verdict, policy }: Search): Begun | null {
  const said = verdictSchema.safeParse(verdict);
  if (!said.success) return null;
  return { verdict: said.data, policyId: z.uuid().safeParse(policy).data ?? null };
}

/** The page of a cluster with a verdict chosen: it shows every variant, and decides nothing by itself. */
export function beginWith(cluster: string, { verdict, policyId }: Begun): string {
  return `/clusters/${cluster}?${new URLSearchParams({ verdict, ...(policyId && { policy: policyId }) })}`;
}
