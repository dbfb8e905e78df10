import type { Tx } from '#lib/db';
import { GONE_AFTER_MS, LAG_AFTER_MS } from '#lib/fleet/schema';
import { precisionOf } from './precision.ts';
import { stagesBegun } from './stages.ts';
import { fleetTotals, since } from './totals.ts';

/** A rate says nothing before so many decisions, a precision before so many reviews. */
const MIN_DECISIONS = 50;
const MIN_REVIEWS = 5;

export type Watched = { id: string; ref: string; maxHitRate: number | null; stageSince: Date };

/** What speaks against letting a rule go further, one sentence each; empty when nothing does. */
export async function signalsAgainst(tx: Tx, rule: Watched): Promise<string[]> {
  const [fleet, begun, totals, precision] = await Promise.all([
    troubledInstances(tx, rule.id),
    stagesBegun(tx, rule.id),
    fleetTotals(tx, rule.id),
    precisionOf(tx, rule.ref, rule.stageSince),
  ]);
  const against: string[] = [];
  const tell = (ids: string[], what: string) => {
    if (ids.length === 0) return;
    const others = ids.length > 1 ? ` and ${ids.length - 1} more` : '';
    against.push(`${ids[0]}${others} ${what}.`);
  };
  tell(fleet.open, 'demoted it to shadow: its breaker is open');
  tell(fleet.failed, 'could not load the newest ruleset');
  tell(fleet.behind, 'has not taken the newest ruleset');
  const last = begun.at(-1);
  const { hits, decisions } = last ? since(last.totals, totals) : totals;
  if (rule.maxHitRate !== null && decisions >= MIN_DECISIONS && hits / decisions > rule.maxHitRate) {
    against.push(`It hit ${hits} of ${decisions} decisions in this stage, far above what the back-test saw.`);
  }
  const { harmful, benign, share } = precision;
  if (share && harmful + benign >= MIN_REVIEWS && share.value < 0.5) {
    against.push(`Reviewers found ${benign} of the ${harmful + benign} hits that came back harmless.`);
  }
  return against;
}

type Troubled = { open: string[]; failed: string[]; behind: string[] };

async function troubledInstances(tx: Tx, ruleId: string): Promise<Troubled> {
  const rows = await tx.$queryRaw<{ id: string; open: boolean; failed: boolean; behind: boolean }[]>`
    SELECT i.id, i.breakers @> jsonb_build_array(jsonb_build_object('ruleId', ${ruleId}::text)) AS open,
      i.state = 'failed' AS failed,
      i.active_seq < (SELECT max(seq) FROM ruleset
        WHERE published_at < clock_timestamp() - ${LAG_AFTER_MS} * interval '1 millisecond') AS behind
    FROM instance i WHERE i.kind <> 'relay'
      AND i.last_seen_at > clock_timestamp() - ${GONE_AFTER_MS} * interval '1 millisecond'
    ORDER BY i.id`;
  const ids = (which: (row: (typeof rows)[number]) => boolean) => rows.filter(which).map(({ id }) => id);
  return {
    open: ids(({ open }) => open),
    failed: ids(({ failed }) => failed),
    behind: ids(({ behind, failed }) => behind && !failed),
  };
}
