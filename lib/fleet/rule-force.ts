import { z } from 'zod';
import { db } from '#lib/db';

/** How a rule stood in one snapshot. */
export type Force = 'enforced' | 'canary' | 'shadow';

const snapshotSchema = z.object({
  rules: z.array(
    z.object({
      id: z.string(),
      mode: z.string(),
      rollout: z.object({ instances: z.number(), requests: z.number() }).optional(),
    }),
  ),
});

/** A fleet speaks of the newest snapshots only; each is read and parsed once. */
const KEPT = 8;
const known = new Map<number, Map<string, Force>>();

/** How each rule stood in these snapshots, by rule id; a snapshot this database does not have is left out. */
export async function forcesAt(seqs: readonly number[]): Promise<Map<number, Map<string, Force>>> {
  const missing = seqs.filter((seq) => !known.has(seq) && seq > 0 && seq <= 2_147_483_647).slice(0, KEPT);
  const found = new Map(
    seqs.flatMap((seq) => (known.has(seq) ? [[seq, known.get(seq) as Map<string, Force>]] : [])),
  );
  if (missing.length === 0) return found;
  const rows = await db.ruleset.findMany({
    where: { seq: { in: missing } },
    select: { seq: true, payload: true },
  });
  for (const { seq, payload } of rows) {
    const parsed = snapshotSchema.safeParse(JSON.parse(payload));
    const forces = new Map((parsed.data?.rules ?? []).map((rule) => [rule.id, forceOf(rule)]));
    found.set(seq, forces);
    known.set(seq, forces);
  }
  for (const seq of known.keys()) if (known.size > KEPT) known.delete(seq);
  return found;
}

function forceOf({ mode, rollout }: z.infer<typeof snapshotSchema>['rules'][number]): Force {
  if (mode !== 'enforce') return 'shadow';
  return rollout && (rollout.instances < 100 || rollout.requests < 100) ? 'canary' : 'enforced';
}
