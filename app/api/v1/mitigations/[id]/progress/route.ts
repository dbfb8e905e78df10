import { getMitigation } from '#lib/mitigations/queries';
import { stageProgress } from '#lib/rollouts/queries';
import { sinceLive } from '#lib/rollouts/since-live';
import { route } from '#lib/route';

/** How far it is rolled out, what each stage saw, and whether what it is against is over. */
export const GET = route({}, async ({ actor, params }) => {
  const { id } = await getMitigation(actor, params.id ?? '');
  const [progress, figures] = await Promise.all([
    stageProgress(actor, id),
    sinceLive(actor, { mitigationId: id }),
  ]);
  return { progress, sinceLive: figures };
});
