import Link from 'next/link';
import { requireActor } from '#lib/auth';
import { AppError } from '#lib/errors';
import { enforcementOf, enforcementWords } from '#lib/fleet/enforcement';
import { getAdoption } from '#lib/fleet/queries';
import type { MitigationDetail } from '#lib/mitigations/queries';
import { can } from '#lib/permissions';
import { clockLabel } from '#lib/time';
import classes from '../mitigations.module.css';

const WORDS = { withdrawn: 'Gone from', expired: 'Gone from' } as const;

/** How far the ruleset that changed this rule's fate has come: every instance, or which not yet. */
export async function AdoptionLine({ rule }: { rule: MitigationDetail }) {
  const actor = await requireActor();
  const seq = rule.endedSeq ?? rule.stageSeq;
  if (seq === null || !can(actor, 'fleet.read')) return <p className={classes.hint}>It has not gone out.</p>;
  const adoption = await getAdoption(actor, seq).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'not_found') return null;
    throw error;
  });
  if (!adoption) return <p className={classes.hint}>Ruleset {seq} is no longer known.</p>;
  const { active, instances, p99Ms, failed, lagging, gone } = adoption;
  // Having taken the ruleset is not yet acting on it: in a canary few do.
  const acts = rule.state === 'live' ? (await enforcementOf(actor, [rule.id]))[rule.id] : undefined;
  const words = acts
    ? enforcementWords(acts)
    : `${WORDS[rule.state as keyof typeof WORDS]} ${active} of ${instances}`;
  if (instances === 0) {
    return <p className={classes.hint}>In ruleset {seq}; no serving instance is connected to take it.</p>;
  }
  return (
    <>
      <p className={classes.adoption}>
        <strong>{words}</strong>
        {p99Ms !== null && ` · p99 ${clockLabel(Math.max(1, p99Ms))}`} · ruleset {seq}
      </p>
      {(failed.length > 0 || lagging.length > 0 || gone > 0) && (
        <p className={classes.problem}>
          {failed.length > 0 &&
            `${failed.length} could not load it: ${failed[0]?.instanceId}, ${failed[0]?.reason} `}
          {lagging.length > 0 && `${lagging.length} lag behind. `}
          {gone > 0 && `${gone} went silent. `}
        </p>
      )}
      <Link href="/fleet" prefetch={false}>
        See the fleet
      </Link>
    </>
  );
}
