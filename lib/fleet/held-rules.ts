import { z } from 'zod';
import { db, type Tx } from '#lib/db';
import { type BeyondOpa, beyondOpa } from '#lib/rulesets/beyond-opa';
import { payloadSha256 } from '#sdk/tag';

/** How a rule stood in one snapshot. */
type Force = 'enforced' | 'canary' | 'shadow';
/** A rule as one snapshot holds it. */
export type HeldRule = {
  version: number;
  force: Force;
  /** Per cent of the instances and of the requests it acts on. */
  instances: number;
  requests: number;
  startsAt: Date | null;
  expiresAt: Date;
  /** Why OPA does not judge it by itself; null where it does. */
  beyondOpa: BeyondOpa | null;
};
/** What one ruleset holds; `sha256` (hex) is over its exact payload. */
export type HeldRuleset = { sha256: string; rules: ReadonlyMap<string, HeldRule> };

const snapshotSchema = z.object({
  rules: z.array(
    z.object({
      id: z.string(),
      version: z.int(),
      mode: z.string(),
      matcher: z.object({
        kind: z.string(),
        packages: z.array(z.unknown()).optional(),
        find: z.string().optional(),
      }),
      when: z.string().nullish(),
      rollout: z.object({ instances: z.number(), requests: z.number() }).optional(),
      startsAt: z.coerce.date().nullable(),
      expiresAt: z.coerce.date(),
    }),
  ),
});

/** A fleet speaks of the newest snapshots only; each is read and parsed once. */
const KEPT = 32;
const DIGESTS_KEPT = 1_000;
const known = new Map<number, HeldRuleset>();

/** What these snapshots hold, by number and rule id; one that this database does not have is left out. */
export async function heldRules(
  seqs: readonly number[],
  client: Tx | typeof db = db,
): Promise<ReadonlyMap<number, HeldRuleset>> {
  const missing = seqs
    .filter((seq) => !known.has(seq) && seq > 0 && seq <= 2_147_483_647)
    .sort((a, b) => b - a)
    .slice(0, KEPT);
  const found = new Map(
    seqs.flatMap((seq) => {
      const held = known.get(seq);
      return held ? [[seq, held] as const] : [];
    }),
  );
  if (missing.length === 0) return found;
  const rows = await client.ruleset.findMany({
    where: { seq: { in: missing } },
    select: { seq: true, payload: true },
  });
  for (const { seq, payload } of rows) {
    const parsed = snapshotSchema.safeParse(JSON.parse(payload));
    const held = {
      sha256: payloadSha256(payload),
      rules: new Map((parsed.data?.rules ?? []).map((rule) => [rule.id, heldRule(rule)])),
    };
    found.set(seq, held);
    // Within a transaction that may yet be rolled back, the number is not this content's for good.
    if (client === db) known.set(seq, held);
  }
  for (const seq of known.keys()) if (known.size > KEPT) known.delete(seq);
  return found;
}

const digests = new Map<number, string>();

/** SHA-256 (hex) of each ruleset's exact payload, worked out where the payload is; unknown numbers are left out. */
export async function rulesetDigests(
  seqs: readonly number[],
  client: Tx | typeof db = db,
): Promise<ReadonlyMap<number, string>> {
  const missing = [...new Set(seqs)].filter((seq) => !digests.has(seq) && seq > 0 && seq <= 2_147_483_647);
  const found = new Map(
    seqs.flatMap((seq) => (digests.has(seq) ? [[seq, digests.get(seq) ?? ''] as const] : [])),
  );
  if (missing.length === 0) return found;
  const rows = await client.$queryRaw<{ seq: number; sha256: string }[]>`
    SELECT seq, encode(sha256(convert_to(payload, 'UTF8')), 'hex') AS sha256 FROM ruleset
    WHERE seq = ANY(${missing}::int[])`;
  for (const { seq, sha256 } of rows) {
    found.set(seq, sha256);
    if (client === db) digests.set(seq, sha256);
  }
  for (const seq of digests.keys()) if (digests.size > DIGESTS_KEPT) digests.delete(seq);
  return found;
}

function heldRule(rule: z.infer<typeof snapshotSchema>['rules'][number]): HeldRule {
  const { instances, requests } = rule.rollout ?? { instances: 100, requests: 100 };
  const isPart = instances < 100 || requests < 100;
  return {
    version: rule.version,
    force: rule.mode !== 'enforce' ? 'shadow' : isPart ? 'canary' : 'enforced',
    instances,
    requests,
    startsAt: rule.startsAt,
    expiresAt: rule.expiresAt,
    beyondOpa: beyondOpa(rule),
  };
}
