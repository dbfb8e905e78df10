import Link from 'next/link';
import { Visible } from '#components/diff/visible';
import { RelativeTime } from '#components/relative-time';
import { StateBadge } from '#components/state-badge';
import type { UserActor } from '#lib/actor';
import { type Enforcement, enforcementOf, enforcementWords } from '#lib/fleet/enforcement';
import { getAdoption, hitsByMitigation } from '#lib/fleet/queries';
import type { IncidentDetail } from '#lib/incidents/queries';
import { FINAL_STATES } from '#lib/incidents/states';
import { can } from '#lib/permissions';
import { clockLabel } from '#lib/time';
import listClasses from '../incidents.module.css';
import { DraftButton } from './draft-button.tsx';
import classes from './incident.module.css';

type Rule = IncidentDetail['mitigations'][number];
type Adoption = Awaited<ReturnType<typeof getAdoption>>;

/** What is in force right now, where, how fast it got there and when it ends; then what waits, then what is over. */
export async function LiveRules({ incident, actor }: { incident: IncidentDetail; actor: UserActor }) {
  const rules = incident.mitigations;
  const live = rules.filter((rule) => rule.state === 'live');
  const waiting = rules.filter((rule) => rule.state === 'draft' || rule.state === 'approved');
  const over = rules.filter((rule) => rule.state === 'withdrawn' || rule.state === 'expired');
  const seqs = [...new Set(live.flatMap((rule) => rule.stageSeq ?? []))];
  const [adoptions, hits, enforcement] = await Promise.all([
    Promise.all(seqs.map((seq) => getAdoption(actor, seq))),
    hitsByMitigation(
      actor,
      live.map((rule) => rule.id),
    ),
    enforcementOf(
      actor,
      live.map((rule) => rule.id),
    ),
  ]);
  const adoptionOf = (rule: Rule) => adoptions.find((adoption) => adoption.seq === rule.stageSeq);
  const mayDraft = can(actor, 'mitigation.draft') && !FINAL_STATES.some((state) => state === incident.state);
  return (
    <section aria-labelledby="live-rules">
      <h2 id="live-rules" className={listClasses.heading}>
        Live rules
        {mayDraft && <DraftButton incident={incident.ref} />}
      </h2>
      <ul className={classes.rules}>
        {live.map((rule) => (
          <li key={rule.id}>
            <RuleName rule={rule} />
            <StateBadge state={inForce(enforcement[rule.id])} />
            <p className={classes.ruleFacts}>
              {adoptionWords(enforcement[rule.id], adoptionOf(rule))}
              {' · '}
              {hitWords(hits[rule.id])}
              {' · ends '}
              <RelativeTime at={rule.expiresAt} />
            </p>
          </li>
        ))}
        {live.length === 0 && <li className="quiet">No rule of this incident is live.</li>}
      </ul>
      {waiting.length > 0 && (
        <>
          <h3 className={classes.waiting}>Not yet live</h3>
          <ul className={classes.rules}>
            {waiting.map((rule) => (
              <li key={rule.id}>
                <RuleName rule={rule} />
                <StateBadge state={rule.state} />
                <p className={classes.ruleFacts}>
                  {rule.state === 'draft' ? 'waits for an approval' : 'approved, waits to be published'}
                </p>
              </li>
            ))}
          </ul>
        </>
      )}
      {over.length > 0 && (
        <details className={classes.over}>
          <summary>{over.length} ended</summary>
          <ul className={classes.rules}>
            {over.map((rule) => (
              <li key={rule.id}>
                <RuleName rule={rule} />
                <StateBadge state={rule.state} />
                {rule.endedAt && (
                  <p className={classes.ruleFacts}>
                    <RelativeTime at={rule.endedAt} />
                  </p>
                )}
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

function RuleName({ rule }: { rule: Rule }) {
  return (
    <Link href={`/mitigations/${rule.ref}`} prefetch={false} className={classes.ruleName}>
      {rule.ref} {rule.action} <Visible text={rule.title} />
    </Link>
  );
}

/** Enforced is said only of a rule that every instance it is meant for enforces. */
function inForce(enforcement: Enforcement | undefined): string {
  if (!enforcement || enforcement.beginsAt !== null) return 'published';
  if (enforcement.stage === 'shadow') return 'shadow';
  if (enforcement.stage === 'canary') return 'canary';
  return enforcement.isComplete ? 'enforced' : 'published';
}

function adoptionWords(enforcement: Enforcement | undefined, adoption: Adoption | undefined): string {
  if (!enforcement || !adoption) return 'not published';
  const all = enforcement.stage === 'full' && enforcement.isComplete;
  const speed = adoption.lastActiveMs === null ? '' : `, ${clockLabel(adoption.lastActiveMs)}`;
  const failed = adoption.supersededBy === null ? adoption.failed.length : 0;
  const trouble = failed > 0 ? `, ${failed} failed` : '';
  return `${enforcementWords(enforcement)}${all ? speed : ''}${trouble}`;
}

/** "21 hits, 4 acted on": in shadow and in a canary most are only counted. */
function hitWords({ hits, enforced } = { hits: 0, enforced: 0 }): string {
  const words = `${hits.toLocaleString('en')} ${hits === 1 ? 'hit' : 'hits'}`;
  return enforced < hits ? `${words}, ${enforced.toLocaleString('en')} acted on` : words;
}
