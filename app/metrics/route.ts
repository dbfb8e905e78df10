import { timingSafeEqual } from 'node:crypto';
import { systemActor } from '#lib/actor';
import { env } from '#lib/env';
import { getLive } from '#lib/live/queries';
import { countPending } from '#lib/reviews/queries';

export const dynamic = 'force-dynamic';

/** Prometheus text; guarded by STOPGAP_METRICS_TOKEN where that is set. */
export async function GET(request: Request): Promise<Response> {
  const token = env().STOPGAP_METRICS_TOKEN;
  if (token && !same(request.headers.get('authorization') ?? '', `Bearer ${token}`))
    return new Response('Unauthorized\n', { status: 401 });
  const metrics = systemActor('metrics');
  const [live, pending] = await Promise.all([getLive(metrics), countPending(metrics)]);
  const gauges = {
    stopgap_queue_pending: ['Interactions that wait for a decision.', pending],
    stopgap_incidents_open: ['Incidents not closed, dismissed or merged.', live.openIncidents],
    stopgap_rules_live: ['Mitigations that are live.', live.liveRules],
    stopgap_instances_connected: [
      'Serving instances, silent ones too, until they say goodbye or are retired.',
      live.instances.serving,
    ],
    stopgap_instances_active: ['Of them, those that have the newest ruleset active.', live.instances.active],
    stopgap_web_resident_bytes: ['Resident memory of this web process.', process.memoryUsage().rss],
  } as const;
  const text = Object.entries(gauges).map(
    ([name, [help, value]]) => `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${name} ${value}\n`,
  );
  return new Response(text.join(''), {
    headers: { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' },
  });
}

function same(given: string, expected: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}
