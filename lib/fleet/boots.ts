import type { ClientBase } from 'pg';
import type { ReceivedReport } from './tally.ts';
import { runNamed } from './write.ts';

// Two processes that were given one name would hide each other: what one says overwrites what the other said. Each process
// therefore names itself by a random `boot` as well, and gets a line of its own as soon as both are known to live.

/** Processes that a name remembers, so that many under one name are told apart as well. */
const KEPT = 8;

type Line = { id: string; boots: string[]; bootSince: Date | null };

/** The line of a process whose name another one has: "pod-x #3f2a9c". */
const twinId = (name: string, boot: string) => `${name.slice(0, 190)} #${boot.slice(0, 6)}`;

/**
 * The same reports, each under the line of the fleet that is its process's. Under a name the process that spoke last is
 * `boots[0]`: another one is taken for its restart, until one that it displaced speaks again. That one gets a line of its own;
 * `claim` answers which of such new names may not be used; what they say then stands under the old one.
 */
export async function byProcess(
  client: ClientBase,
  reports: readonly ReceivedReport[],
  claim: (ids: string[]) => Promise<ReadonlySet<string>>,
): Promise<ReceivedReport[]> {
  const told = reports.filter(({ report }) => report.boot !== undefined);
  if (told.length === 0) return [...reports];
  const wanted = told.flatMap(({ report: { instanceId, boot = '' } }) => [
    instanceId,
    twinId(instanceId, boot),
  ]);
  const rows = await runNamed<Line>(
    client,
    'boots',
    'SELECT id, boots, boot_since AS "bootSince" FROM instance WHERE id = ANY($1::text[])',
    [[...new Set(wanted)]],
  );
  const lines = new Map(rows.map((row) => [row.id, row]));
  const inOrder = [...reports].sort((a, b) => a.at.getTime() - b.at.getTime());
  const placed = inOrder.map((received) => ({ received, own: place(lines, received) }));
  const known = new Set(rows.map(({ id }) => id));
  const news = placed.filter(({ own }) => own.name !== undefined && !known.has(own.report.instanceId));
  const twins = [...new Set(news.map(({ own }) => own.report.instanceId))];
  const refused = twins.length === 0 ? new Set<string>() : await claim(twins);
  return placed.map(({ received, own }) => (refused.has(own.report.instanceId) ? received : own));
}

function place(lines: Map<string, Line>, received: ReceivedReport): ReceivedReport {
  const { at, report } = received;
  const { instanceId: name, boot } = report;
  if (boot === undefined) return received;
  const own = twinId(name, boot);
  const line = lines.get(name);
  const [current, ...displaced] = line?.boots ?? [];
  // One that was displaced may have been under way for long: only what it said since shows that it lives.
  const isTwin =
    lines.has(own) || (displaced.includes(boot) && line?.bootSince != null && at > line.bootSince);
  if (isTwin) {
    lines.set(own, { id: own, boots: [boot], bootSince: at });
    return { ...received, report: { ...report, instanceId: own }, name, boots: [boot], bootSince: at };
  }
  if (displaced.includes(boot))
    return { ...received, boots: line?.boots ?? [], bootSince: line?.bootSince ?? at };
  const isSame = current === boot;
  const boots = isSame ? [boot, ...displaced] : [boot, ...(line?.boots ?? [])].slice(0, KEPT);
  const bootSince = (isSame ? line?.bootSince : null) ?? at;
  lines.set(name, { id: name, boots, bootSince });
  return { ...received, boots, bootSince };
}
