import { stageProgress } from '#lib/rollouts/queries';
import { route } from '#lib/route';

export const GET = route({}, async ({ actor, params }) => ({
  progress: await stageProgress(actor, params.id ?? ''),
}));
