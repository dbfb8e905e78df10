import { incidentTimeline } from '#lib/audit/queries';
import { getIncident } from '#lib/incidents/queries';
import { sinceLive } from '#lib/rollouts/since-live';
import { route } from '#lib/route';

/** The incident with the newest hundred entries of its timeline and of what was merged into it; the export has all. */
export const GET = route({}, async ({ actor, params }) => {
  const incident = await getIncident(actor, params.ref ?? '');
  const timeline = await incidentTimeline(actor, [incident.id, ...incident.merged.map(({ id }) => id)]);
  const figures = await sinceLive(actor, { incidentId: incident.id });
  return { ...incident, sinceLive: figures, timeline: timeline.items };
});
