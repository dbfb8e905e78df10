import type { Tx } from '#lib/db';
import { enforcementIn, unjudgedWords } from '#lib/fleet/enforcement';
import { IS_ESTABLISHED, IS_FRESH, IS_NEWCOMER, SERVES } from '#lib/fleet/members';
import { GONE_AFTER_MS, LAG_AFTER_MS } from '#lib/fleet/schema';
import type { Plan, Stage } from '#lib/mitigations/plan';
import { rolloutBucket } from '#sdk/rollout';
import type { Seen } from './evidence.ts';
import { precisionOf } from './precision.ts';
import { stagesBegun } from './stages.ts';
import { fleetTotals, NOTHING, since } from './totals.ts';

/** A rate says nothing before so many decisions, a precision before so many reviews. */
const MIN_DECISIONS = 50;
const MIN_REVIEWS = 5;

export type Watched = {
  id: string;
  ref: string;
  maxHitRate: number | null;
  stage: Stage;
  stageSince: Date;
  plan: Pick<Plan, 'canaryInstances' | 'canaryRequests'>;
};

/** An instance of the canary must have been heard of so long after its stage began: what it dies of takes a moment. */
const HEARD_AFTER_MS = 5_000;

/** What speaks against letting a rule go further, one sentence each; empty when nothing does. */
export async function signalsAgainst(tx: Tx, rule: Watched): Promise<string[]> {
  const [fleet, canary, { hits, decisions }, precision, unjudged] = await Promise.all([
    troubledInstances(tx, rule.id),
    canaryInstances(tx, rule),
    seenInStage(tx, rule.id),
    precisionOf(tx, rule.ref, rule.stageSince),
    judgedByNobody(tx, rule.id),
  ]);
  const against: string[] = unjudged === null ? [] : [unjudged];
  const tell = (ids: string[], one: string, several = one) => {
    if (ids.length === 0) return;
    const [who, what] = ids.length > 1 ? [`${ids[0]} and ${ids.length - 1} more`, several] : [ids[0], one];
    against.push(`${who} ${what}.`);
  };
  tell(fleet.open, 'demoted it to shadow: its breaker is open');
  tell(fleet.failed, 'could not load the newest ruleset');
  tell(fleet.behind, 'has not taken the newest ruleset', 'have not taken the newest ruleset');
  tell(
    canary.silent,
    'had it in its canary and has fallen silent',
    'had it in their canary and have fallen silent',
  );
  if (rule.maxHitRate !== null && decisions >= MIN_DECISIONS && hits / decisions > rule.maxHitRate) {
    const of = rule.stage === 'canary' ? 'decisions of its canary' : 'decisions';
    against.push(
      `It hit ${hits} of about ${decisions} ${of} in this stage, far above what the back-test saw.`,
    );
  }
  const { harmful, benign, share } = precision;
  if (share && harmful + benign >= MIN_REVIEWS && share.value < 0.5) {
    against.push(`Reviewers found ${benign} of the ${harmful + benign} hits that came back harmless.`);
  }
  return against;
}

/** That no instance it is meant for judges it, so that its stage shows nothing; null where one does. */
async function judgedByNobody(tx: Tx, ruleId: string): Promise<string | null> {
  const enforcement = (await enforcementIn(tx, [ruleId]))[ruleId];
  const words = enforcement && unjudgedWords(enforcement);
  if (!words) return null;
  const {
    unable = 0,
    silent = 0,
    enforcing = 0,
    shadow = 0,
    undrawn = 0,
    waiting = 0,
  } = enforcement.standings;
  return enforcing + shadow + undrawn + waiting > 0
    ? null
    : `${words}. Nothing else runs it (${unable} OPA, ${silent} silent): its stage shows nothing.`;
}

/**
 * Hits since the rule's stage began, and decisions of the instances that judge it: about those that it was asked in, for
 * which of them lie in its scope is not known here.
 */
export async function seenInStage(tx: Tx, ruleId: string): Promise<Seen> {
  const [begun, totals] = await Promise.all([stagesBegun(tx, ruleId), fleetTotals(tx, ruleId)]);
  const { hits, asked } = since(begun.at(-1)?.totals ?? NOTHING, totals);
  return { hits, decisions: asked };
}

/**
 * The instances that were there when the rule's canary began and are in it: those that have fallen silent since, and
 * those of which nothing has been heard for long enough to know.
 */
export async function canaryInstances(
  tx: Tx,
  { id, stage, stageSince, plan }: Pick<Watched, 'id' | 'stage' | 'stageSince' | 'plan'>,
): Promise<{ silent: string[]; unheard: string[] }> {
  if (stage !== 'canary') return { silent: [], unheard: [] };
  const rows = await tx.$queryRaw<{ id: string; name: string; gone: boolean; unheard: boolean }[]>`
    SELECT i.id, coalesce(i.name, i.id) AS name, NOT ${IS_FRESH} AS gone,
      i.last_seen_at < ${stageSince}::timestamptz + ${HEARD_AFTER_MS} * interval '1 millisecond' AS unheard
    FROM instance i WHERE ${SERVES} AND ${IS_ESTABLISHED} AND NOT ${IS_NEWCOMER} AND i.first_seen_at <= ${stageSince}::timestamptz
      AND i.last_seen_at > ${stageSince}::timestamptz - ${GONE_AFTER_MS} * interval '1 millisecond'
    ORDER BY i.id`;
  const ids = (which: (row: (typeof rows)[number]) => boolean) =>
    rows
      .filter((row) => rolloutBucket(id, row.name) < plan.canaryInstances && which(row))
      .map((row) => row.id);
  return { silent: ids(({ gone }) => gone), unheard: ids(({ gone, unheard }) => unheard && !gone) };
}

type Troubled = { open: string[]; failed: string[]; behind: string[] };

async function troubledInstances(tx: Tx, ruleId: string): Promise<Troubled> {
  const rows = await tx.$queryRaw<{ id: string; open: boolean; failed: boolean; behind: boolean }[]>`
    SELECT i.id, i.breakers @> jsonb_build_array(jsonb_build_object('ruleId', ${ruleId}::text)) AS open,
      i.state = 'failed' AND i.active_seq < newest.seq AS failed,
      i.active_seq < (SELECT max(seq) FROM ruleset
        WHERE published_at < clock_timestamp() - ${LAG_AFTER_MS} * interval '1 millisecond') AS behind
    FROM instance i CROSS JOIN (SELECT max(seq) AS seq FROM ruleset) AS newest
    WHERE ${SERVES} AND ${IS_FRESH} AND NOT ${IS_NEWCOMER} ORDER BY i.id`;
  const ids = (which: (row: (typeof rows)[number]) => boolean) => rows.filter(which).map(({ id }) => id);
  return {
    open: ids(({ open }) => open),
    failed: ids(({ failed }) => failed),
    behind: ids(({ behind, failed }) => behind && !failed),
  };
}
