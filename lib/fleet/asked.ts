import type { ClientBase } from 'pg';
import { planSchema, type Stage } from '#lib/mitigations/plan';
import { type BeyondOpa, beyondOpa } from '#lib/rulesets/beyond-opa';
import { isMeantFor, type Member, standingBy } from './enforcing.ts';
import type { HeldRule } from './held-rules.ts';
import { type ReceivedReport, skewOf } from './tally.ts';
import { runNamed } from './write.ts';

// In how many decisions a rule was asked while its stage is to show what it does: those of instances that judge it, by
// the ruleset that each says it has, as its report comes in. Afterwards nobody could tell.

type Staged = {
  id: string;
  version: number;
  stage: Exclude<Stage, 'full'>;
  stageSeq: number;
  plan: unknown;
  labels: Record<string, string> | null;
  startsAt: Date | null;
  expiresAt: Date;
};

/** Each is asked of every report; of more than so many the latest count, and what has no evidence waits. */
const STAGED_MAX = 50;

/** By minute of arrival, as all that adds up. */
export type Asked = { ruleId: string; minute: Date; asked: number };

/** What these reports say of every live rule that is not out in full yet. `digests` are those of the rulesets they name. */
export async function askedIn(
  client: ClientBase,
  reports: readonly ReceivedReport[],
  digests: ReadonlyMap<number, string>,
): Promise<Asked[]> {
  const busy = reports.filter(({ report }) => report.decisions > 0 && report.activeSeq > 0);
  if (busy.length === 0) return [];
  const staged = await runNamed<Staged>(
    client,
    'staged',
    `SELECT id::text, version, stage, stage_seq AS "stageSeq", plan, scope->'labels' AS labels,
      starts_at AS "startsAt", expires_at AS "expiresAt"
    FROM mitigation WHERE state = 'live' AND mode = 'enforce' AND stage <> 'full' AND stage_seq IS NOT NULL
    ORDER BY stage_since DESC NULLS LAST LIMIT $1`,
    [STAGED_MAX],
  );
  const found = new Map<string, Asked>();
  for (const rule of staged) {
    const held = heldOf(rule);
    if (!held) continue;
    const meant = { ...rule, isCanary: rule.stage === 'canary', labels: rule.labels ?? {} };
    for (const received of busy) {
      const { at, report } = received;
      const { activeSeq, activeSha256 } = report;
      // Older rulesets hold it in an earlier stage, if at all.
      if (activeSeq < rule.stageSeq || !isOurs(activeSeq, activeSha256, digests)) continue;
      const member = memberOf(received);
      if (!isMeantFor(meant, member)) continue;
      const beyond = member.kind === 'opa' ? await beyondOf(client, rule) : null;
      const standing = standingBy(meant, member, { ...held, beyondOpa: beyond }, at);
      if (standing !== (rule.stage === 'shadow' ? 'shadow' : 'enforcing')) continue;
      const minute = new Date(Math.floor(at.getTime() / 60_000) * 60_000);
      const key = `${rule.id} ${minute.toISOString()}`;
      const row = found.get(key) ?? { ruleId: rule.id, minute, asked: 0 };
      row.asked += (report.decisions * held.requests) / 100;
      found.set(key, row);
    }
  }
  return [...found.values()].map((row) => ({ ...row, asked: Math.floor(row.asked) }));
}

/** As every ruleset holds it from the one on that brought it into its stage. */
function heldOf({ version, stage, plan, startsAt, expiresAt }: Staged): HeldRule | null {
  const { data } = planSchema.safeParse(plan);
  // Reports are taken whatever one row says.
  if (!data) return null;
  const { canaryInstances, canaryRequests } = data;
  const [instances, requests] = stage === 'canary' ? [canaryInstances, canaryRequests] : [100, 100];
  return { version, force: stage, instances, requests, startsAt, expiresAt, beyondOpa: null };
}

const memberOf = ({ at, report, name }: ReceivedReport): Member => ({
  id: name ?? report.instanceId,
  kind: report.kind,
  labels: report.labels,
  activeSeq: report.activeSeq,
  activeSha256: report.activeSha256 ?? null,
  isFresh: true,
  clockSkewMs: skewOf({ at, report }),
  demoted: new Set(report.breakers.map(({ ruleId }) => ruleId)),
});

const isOurs = (seq: number, sha256: string | undefined, digests: ReadonlyMap<number, string>) =>
  sha256 === undefined || digests.get(seq) === sha256;

const KEPT = 1_000;
const known = new Map<string, BeyondOpa | null>();

/** A version never changes, and only OPA asks: its matcher, which may be large, is read once. */
async function beyondOf(client: ClientBase, { id, version }: Staged): Promise<BeyondOpa | null> {
  const key = `${id} ${version}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const [row] = await runNamed<Parameters<typeof beyondOpa>[0]>(
    client,
    'staged-matcher',
    'SELECT matcher, "when" FROM mitigation WHERE id = $1::uuid AND version = $2',
    [id, version],
  );
  const beyond = row ? beyondOpa(row) : null;
  known.set(key, beyond);
  for (const oldest of known.keys()) if (known.size > KEPT) known.delete(oldest);
  return beyond;
}
