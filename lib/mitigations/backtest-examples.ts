import { db, type Tx } from '#lib/db';
import { maskRows } from '#lib/secrets/queries';
import type { PickedExample } from './backtest-run.ts';
import type { BacktestExample } from './backtest-tally.ts';
import { excerptAround } from './excerpt.ts';
import type { RuleDraft } from './schema.ts';
import { compileTrial } from './trial.ts';

const AROUND = 160;

const texts = {
  id: true,
  prompt: true,
  completion: true,
  language: true,
  modelName: true,
  modelVersion: true,
  surface: true,
  tier: true,
  tenant: true,
} as const;

/**
 * The hits that a person should see, from the texts as they are stored now: a finished back-test keeps no text, so
 * what was erased since is gone from it too. Secrets are masked, as they
 * were when the rule was tried.
 */
export async function renderExamples(
  draft: RuleDraft,
  picked: readonly PickedExample[],
  client: Tx = db,
): Promise<BacktestExample[]> {
  if (picked.length === 0) return [];
  const trial = compileTrial(draft);
  const ids = picked.map(({ interactionId }) => interactionId);
  const rows = await client.interaction.findMany({ where: { id: { in: ids } }, select: texts });
  const byId = new Map((await maskRows(rows, client)).map((row) => [row.id, row]));
  return picked.flatMap(({ interactionId, bucket, same }) => {
    const row = byId.get(interactionId);
    const hit = row && trial.spans(row)[0];
    if (!row || !hit) return [];
    const excerpt = excerptAround(row[hit.target], hit.spans, AROUND);
    return [{ interactionId, bucket, language: row.language, target: hit.target, excerpt, same }];
  });
}
