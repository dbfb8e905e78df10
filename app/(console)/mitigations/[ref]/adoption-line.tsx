import Link from 'next/link';
import { requireActor } from '#lib/auth';
import { AppError } from '#lib/errors';
import { adoptionWords, speedWords } from '#lib/fleet/adoption';
import { enforcementOf, enforcementWords } from '#lib/fleet/enforcement';
import { getAdoption } from '#lib/fleet/queries';
import type { MitigationDetail } from '#lib/mitigations/queries';
import { can } from '#lib/permissions';
import classes from '../mitigations.module.css';

/** How far the ruleset that changed this rule's fate has come: every instance, or which not yet. */
export async function AdoptionLine({ rule }: { rule: MitigationDetail }) {
  const actor = await requireActor();
  const seq = rule.endedSeq ?? rule.stageSeq;
  if (seq === null || !can(actor, 'fleet.read')) return <p className={classes.hint}>Not published yet.</p>;
  const adoption = await getAdoption(actor, seq).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'not_found') return null;
    throw error;
  });
  if (!adoption) return <p className={classes.hint}>Ruleset {seq} is no longer known.</p>;
  const { failed, lagging, gone } = adoption;
  // Having taken the ruleset is not yet acting on it: in a canary few do.
  const acts = (await enforcementOf(actor, [rule.id]))[rule.id];
  if (!acts || acts.meant === 0) {
    return (
      <p className={classes.hint}>
        In ruleset {seq}; {acts ? enforcementWords(acts) : 'nothing is known of where it acts'}.
      </p>
    );
  }
  const words =
    rule.state === 'live'
      ? enforcementWords(acts)
      : `Gone from ${acts.standings.missing ?? 0} of ${acts.meant}`;
  const speed = speedWords(adoption);
  return (
    <>
      <p className={classes.adoption}>
        <strong>{words}</strong>
        {speed && ` · ${speed}`} · ruleset {seq} {adoptionWords(adoption)}
      </p>
      {(failed.length > 0 || lagging.length > 0 || gone > 0) && (
        <ul className={classes.behind}>
          {failed.length > 0 && (
            <li data-failed="">
              {failed.length} could not load it. {failed[0]?.instanceId} says: {failed[0]?.reason}
            </li>
          )}
          {lagging.length > 0 && <li>{lagging.length} have not taken it yet.</li>}
          {gone > 0 && <li>{gone} silent, not confirmed.</li>}
        </ul>
      )}
      <Link href="/fleet" prefetch={false}>
        See the fleet
      </Link>
    </>
  );
}
