import { type Report, reportSchema } from '#sdk/report';
import { type OpaDecision, type OpaStatus, opaInstance, ourResult, revisionSeq } from './messages.ts';

/** What an OPA said last, so that its short messages can be told as whole reports. */
type Known = {
  labels: Record<string, string>;
  version: string;
  activeSeq: number;
  /** Of the payload, where its ETag named it. */
  sha256: string | null;
};

const KNOWN_MAX = 20_000;
const BUNDLE = 'stopgap';

/** Tells what OPA agents say in the words that every instance uses. */
export class OpaReports {
  readonly #known = new Map<string, Known>();

  /** A poll that names what it has: proof that this OPA activated that ruleset. */
  polled(
    instanceId: string,
    labels: Record<string, string>,
    { seq, sha256 }: Pick<Known, 'sha256'> & { seq: number },
  ): Report {
    const before = this.#known.get(instanceId);
    const known = this.#remember(instanceId, {
      labels: before?.labels ?? labels,
      version: before?.version ?? '',
      activeSeq: seq,
      sha256,
    });
    return report(instanceId, known, { seq, state: 'active' });
  }

  /** A status message; null when it speaks of no bundle of ours. `newestSeq` is what it was offered last. */
  status({ labels, bundles = {} }: OpaStatus, newestSeq: number): Report | null {
    const instanceId = opaInstance(labels);
    const bundle =
      bundles[BUNDLE] ?? Object.values(bundles).find((each) => revisionSeq(each.active_revision) !== null);
    if (!instanceId || !bundle) return null;
    const activeSeq = revisionSeq(bundle.active_revision) ?? 0;
    const known = this.#remember(instanceId, {
      labels,
      version: labels.version ?? '',
      activeSeq,
      sha256: this.#sha256Of(instanceId, activeSeq),
    });
    if (bundle.code === undefined && activeSeq > 0) {
      return report(instanceId, known, { seq: activeSeq, state: 'active' });
    }
    // Neither an error nor a revision: it has just started and loaded nothing yet.
    if (bundle.code === undefined) return null;
    const details = (bundle.errors ?? []).map((each) =>
      typeof each === 'string' ? each : JSON.stringify(each),
    );
    const reason = [bundle.message ?? bundle.code, ...details].join(' ').slice(0, 2_000);
    // What runs the newest and could not fetch or read something since holds it all the same: that is a remark.
    const isNewest = activeSeq > 0 && activeSeq >= newestSeq;
    return report(instanceId, known, {
      seq: Math.max(activeSeq, newestSeq),
      state: isNewest ? 'active' : 'failed',
      reason,
    });
  }

  /** Decision logs, one report per OPA and revision: how many decisions, which rules hit, under which ruleset. */
  decisions(events: readonly OpaDecision[]): Report[] {
    const reports: Report[] = [];
    const groups = Map.groupBy(events, (event) => {
      const result = ourResult(event);
      const instanceId = opaInstance(event.labels);
      return result && instanceId ? JSON.stringify([instanceId, result.seq]) : '';
    });
    for (const [group, members] of groups) {
      const first = members[0];
      if (group === '' || !first) continue;
      const [instanceId, seq] = JSON.parse(group) as [string, number];
      // A log may arrive after a newer ruleset was activated; it must not turn the instance back.
      const before = this.#known.get(instanceId);
      const known = this.#remember(instanceId, {
        labels: first.labels,
        version: first.labels.version ?? before?.version ?? '',
        activeSeq: Math.max(before?.activeSeq ?? 0, seq),
        sha256: this.#sha256Of(instanceId, Math.max(before?.activeSeq ?? 0, seq)),
      });
      reports.push({
        ...report(instanceId, known, { seq, state: 'active' }),
        decisions: members.length,
        hits: hitsOf(members),
      });
    }
    return reports;
  }

  /** Its messages name the number only: what it had under that number before still holds. */
  #sha256Of(instanceId: string, seq: number): string | null {
    const before = this.#known.get(instanceId);
    return before?.activeSeq === seq ? before.sha256 : null;
  }

  #remember(instanceId: string, known: Known): Known {
    if (this.#known.size >= KNOWN_MAX && !this.#known.has(instanceId)) this.#known.clear();
    this.#known.set(instanceId, known);
    return known;
  }
}

function hitsOf(events: readonly OpaDecision[]): Report['hits'] {
  const hits = new Map<string, Report['hits'][number]>();
  for (const event of events) {
    const lastAt = new Date(event.timestamp).toISOString();
    // One rule may hit prompt and answer of one decision; that is one hit.
    const rules = Map.groupBy(ourResult(event)?.rules ?? [], (rule) => rule.id);
    for (const [ruleId, found] of rules) {
      const sum = hits.get(ruleId) ?? { ruleId, hits: 0, enforced: 0, lastAt };
      sum.hits++;
      if (found.some((rule) => rule.enforced)) sum.enforced++;
      if (lastAt > sum.lastAt) sum.lastAt = lastAt;
      hits.set(ruleId, sum);
    }
  }
  return [...hits.values()].slice(0, 5_000);
}

function report(
  instanceId: string,
  { labels, version, activeSeq, sha256 }: Known,
  rest: Pick<Report, 'seq' | 'state' | 'reason'>,
): Report {
  const short = Object.entries(labels).map(([name, value]) => [name.slice(0, 100), value.slice(0, 200)]);
  return reportSchema.parse({
    instanceId,
    kind: 'opa',
    labels: Object.fromEntries(short),
    sdkVersion: version.slice(0, 40),
    activeSeq,
    ...(sha256 !== null && { activeSha256: sha256 }),
    ...rest,
  });
}
