import { z } from 'zod';
import { db } from '#lib/db';

/** How a rule stood in one snapshot. */
export type Force = 'enforced' | 'canary' | 'shadow';
/** With the per cent of instances it acts on, and the labels it is meant for. */
export type RuleForce = { force: Force; instances: number; labels: Record<string, string> };

const snapshotSchema = z.object({
  rules: z.array(
    z.object({
      id: z.string(),
      mode: z.string(),
      scope: z.object({ labels: z.record(z.string(), z.string()).optional() }).optional(),
      rollout: z.object({ instances: z.number(), requests: z.number() }).optional(),
    }),
  ),
});

/** A fleet speaks of the newest snapshots only; each is read and parsed once. */
const KEPT = 32;
const known = new Map<number, Map<string, RuleForce>>();

/** How each rule stood in these snapshots, by rule id; a snapshot this database does not have is left out. */
export async function forcesAt(seqs: readonly number[]): Promise<Map<number, Map<string, RuleForce>>> {
  const missing = seqs
    .filter((seq) => !known.has(seq) && seq > 0 && seq <= 2_147_483_647)
    .sort((a, b) => b - a)
    .slice(0, KEPT);
  const found = new Map(
    seqs.flatMap((seq) => (known.has(seq) ? [[seq, known.get(seq) as Map<string, RuleForce>]] : [])),
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

function forceOf({ mode, rollout, scope }: z.infer<typeof snapshotSchema>['rules'][number]): RuleForce {
  const { instances, requests } = rollout ?? { instances: 100, requests: 100 };
  const isPart = instances < 100 || requests < 100;
  const force = mode !== 'enforce' ? 'shadow' : isPart ? 'canary' : 'enforced';
  return { force, instances, labels: scope?.labels ?? {} };
}
