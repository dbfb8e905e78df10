import { incidentTimeline } from '#lib/audit/queries';
import { getIncident } from '#lib/incidents/queries';
import { route } from '#lib/route';

/** The incident with the newest hundred entries of its timeline and of what was merged into it; the export has all. */
export const GET = route({}, async ({ actor, params }) => {
  const incident = await getIncident(actor, params.ref ?? '');
  const timeline = await incidentTimeline(actor, [incident.id, ...incident.merged.map(({ id }) => id)]);
  return { ...incident, timeline: timeline.items };
});
