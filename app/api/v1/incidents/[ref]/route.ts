import { incidentTimeline } from '#lib/audit/queries';
import { getIncident } from '#lib/incidents/queries';
import { route } from '#lib/route';

/** The incident with the newest hundred entries of its timeline; the export has all of them. */
export const GET = route({}, async ({ actor, params }) => {
  const incident = await getIncident(actor, params.ref ?? '');
  const timeline = await incidentTimeline(actor, incident.id);
  return { ...incident, timeline: timeline.items };
});
