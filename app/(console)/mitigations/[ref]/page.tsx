import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { LiveRefresh } from '#components/shell/live-refresh';
import { PageHeader } from '#components/shell/page-header';
import { StateBadge } from '#components/state-badge';
import type { UserActor } from '#lib/actor';
import type { Names } from '#lib/audit/sentence';
import { requireActor } from '#lib/auth';
import { AppError } from '#lib/errors';
import { getAdoption } from '#lib/fleet/queries';
import { ruleSentence } from '#lib/mitigations/explain';
import { knownBacktest } from '#lib/mitigations/known-backtest';
import { getMitigation, type MitigationDetail, mitigationHistory } from '#lib/mitigations/queries';
import { can } from '#lib/permissions';
import classes from '../mitigations.module.css';
import { AdoptionLine } from './adoption-line.tsx';
import { Gate } from './gate.tsx';
import { History } from './history.tsx';
import { RuleFacts } from './rule-facts.tsx';
import { TriedRule } from './tried-rule.tsx';
import { Vectors } from './vectors.tsx';

type Props = {
  params: Promise<{ ref: string }>;
  /** The cluster that the rule was written from, so that the back-test tells it apart. */
  searchParams: Promise<{ cluster?: string | string[] }>;
};

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: (await params).ref };
}

/** Why the approve button is not for this person; null when it is. */
function approveBlocked(actor: UserActor, rule: MitigationDetail): string | null {
  if (rule.state !== 'draft') return null;
  if (!can(actor, 'mitigation.approve')) return 'A commander other than its author must approve it.';
  return rule.authorId === actor.id
    ? `You wrote version ${rule.version}: somebody else must approve it, or you break glass with a typed reason.`
    : null;
}

async function connectedInstances(actor: UserActor): Promise<number> {
  try {
    return (await getAdoption(actor)).instances;
  } catch (error) {
    // Before the first ruleset there is nothing to measure.
    if (error instanceof AppError && error.code === 'not_found') return 0;
    throw error;
  }
}

function namesOf({ approvals }: MitigationDetail): Names {
  return new Map(approvals.map(({ approverId, approver }) => [approverId, approver]));
}

export default async function MitigationPage({ params, searchParams }: Props) {
  const actor = await requireActor();
  const { ref } = await params;
  const rule = await getMitigation(actor, ref).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'not_found') notFound();
    throw error;
  });
  const { cluster } = await searchParams;
  const [events, instances, backtest] = await Promise.all([
    mitigationHistory(actor, rule.id),
    connectedInstances(actor),
    knownBacktest(actor, rule.id, rule.version),
  ]);
  const blocked = approveBlocked(actor, rule);
  return (
    <>
      <LiveRefresh on="events" />
      <LiveRefresh on="fleet" />
      <PageHeader
        title={`${rule.ref} ${rule.title}`}
        facts={
          <>
            <StateBadge state={rule.state} /> {rule.mode === 'shadow' && <StateBadge state="shadow" />}
          </>
        }
        actions={
          <Gate
            reference={rule.ref}
            version={rule.version}
            state={rule.state}
            instances={instances}
            can={{
              edit: can(actor, 'mitigation.draft'),
              approve: can(actor, 'mitigation.approve'),
              publish: can(actor, 'mitigation.publish'),
              withdraw: can(actor, 'mitigation.withdraw'),
            }}
            approveBlocked={blocked}
          />
        }
      />
      {blocked && <p className={classes.blocked}>{blocked}</p>}
      <p className={classes.sentence}>{ruleSentence(rule)}</p>
      <div className={classes.detail}>
        <div>
          <section className={classes.section} aria-labelledby="rule">
            <h2 id="rule">Rule</h2>
            <RuleFacts rule={rule} />
          </section>
          <section className={classes.section} aria-labelledby="tests">
            <h2 id="tests">Tests it carries</h2>
            <Vectors rule={rule} />
          </section>
        </div>
        <div>
          <section className={classes.section} aria-labelledby="adoption">
            <h2 id="adoption">Adoption</h2>
            <AdoptionLine rule={rule} />
          </section>
          <section className={classes.section} aria-labelledby="history">
            <h2 id="history">History</h2>
            <History id={rule.id} events={events} names={namesOf(rule)} />
          </section>
          {(rule.state === 'draft' || rule.state === 'approved') && (
            <section className={classes.section} aria-labelledby="did">
              <h2 id="did">What it would have done</h2>
              <TriedRule
                // Another version is another rule.
                key={rule.version}
                draft={{ scope: rule.scope, matcher: rule.matcher, target: rule.target, when: rule.when }}
                mitigation={rule.ref}
                incident={rule.incident.ref}
                cluster={typeof cluster === 'string' ? cluster : null}
                known={backtest}
              />
            </section>
          )}
        </div>
      </div>
    </>
  );
}
