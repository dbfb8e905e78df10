import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { RelativeTime } from '#components/relative-time';
import { LiveRefresh } from '#components/shell/live-refresh';
import { PageHeader } from '#components/shell/page-header';
import { SinceLive } from '#components/since-live';
import { StateBadge } from '#components/state-badge';
import type { UserActor } from '#lib/actor';
import type { Names } from '#lib/audit/sentence';
import { requireActor } from '#lib/auth';
import { AppError } from '#lib/errors';
import { enforcementOf } from '#lib/fleet/enforcement';
import { unreadWords } from '#lib/fleet/unread';
import { approvalNeeded } from '#lib/mitigations/approval';
import { ruleSentence } from '#lib/mitigations/explain';
import { whyNotAlone } from '#lib/mitigations/glass';
import { knownBacktest } from '#lib/mitigations/known-backtest';
import { getMitigation, type MitigationDetail, mitigationHistory } from '#lib/mitigations/queries';
import { riskOf, whyTyped } from '#lib/mitigations/risk';
import { scopeTraffic } from '#lib/mitigations/scope-traffic';
import { canWords, whyNotSecond } from '#lib/mitigations/second-person';
import { mitigationVersions } from '#lib/mitigations/versions';
import { can } from '#lib/permissions';
import { sinceLive } from '#lib/rollouts/since-live';
import { EndsIfPublished } from '../ends-if-published.tsx';
import classes from '../mitigations.module.css';
import { ScopeTraffic } from '../scope-traffic.tsx';
import { standing } from '../standing.ts';
import { planWords } from '../words.ts';
import { AdoptionLine } from './adoption-line.tsx';
import { BreakGlassBanner } from './break-glass-banner.tsx';
import { Evidence } from './evidence.tsx';
import { Gate } from './gate.tsx';
import { History } from './history.tsx';
import { Requirement, requirementWords } from './requirement.tsx';
import { RuleFacts } from './rule-facts.tsx';
import { StageRail } from './stage-rail.tsx';
import { TriedRule } from './tried-rule.tsx';
import { Vectors } from './vectors.tsx';
import { Versions } from './versions.tsx';

type Props = {
  params: Promise<{ ref: string }>;
  /** The cluster that the rule was written from, so that the back-test tells it apart. */
  searchParams: Promise<{ cluster?: string | string[] }>;
};

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: (await params).ref };
}

/** Why this person cannot be the one who approves; null when they can, or when nobody has to. */
function whyNotMe(actor: UserActor, rule: MitigationDetail): string | null {
  if (!can(actor, 'mitigation.approve')) return 'A commander approves it.';
  return whyNotSecond(actor, rule);
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
  const [events, instances, backtest, versions, traffic] = await Promise.all([
    mitigationHistory(actor, rule.id),
    enforcementOf(actor, [rule.id]).then((found) => found[rule.id]?.meant ?? 0),
    knownBacktest(actor, rule.id, rule.version),
    mitigationVersions(actor, rule.id),
    rule.endedAt === null ? scopeTraffic(actor, rule.scope) : null,
  ]);
  const need = approvalNeeded({ ...rule, plan: rule.reach, traffic }, backtest);
  const risk = riskOf(rule, backtest);
  const notAlone = whyNotAlone(actor, rule, rule, backtest);
  const missing = need.approvals === 0 ? 0 : rule.missing;
  const approvedBy = rule.approvals.filter(({ counts }) => counts).map(({ approver }) => approver);
  const author = rule.author === null ? 'whoever holds its key' : rule.author.name;
  const waiting = rule.state === 'draft' || rule.state === 'approved';
  const notMe = whyNotMe(actor, rule);
  return (
    <>
      <LiveRefresh on="events" />
      <LiveRefresh on="fleet" />
      <PageHeader
        title={`${rule.ref} ${rule.title}`}
        facts={
          <>
            <StateBadge state={standing(rule)} />{' '}
            {rule.state === 'live' ? (
              <>
                ends <RelativeTime at={rule.expiresAt} />
              </>
            ) : waiting ? (
              <>
                <EndsIfPublished lifeMinutes={rule.lifeMinutes} expiresAt={rule.expiresAt} />
                {rule.mode === 'shadow' && ', shadow only'}
              </>
            ) : (
              rule.mode === 'shadow' && 'shadow only'
            )}
          </>
        }
        actions={
          <Gate
            reference={rule.ref}
            version={rule.version}
            state={rule.state}
            effect={{
              sentence: ruleSentence(rule),
              plan:
                rule.mode === 'shadow' ? 'shadow only: it counts, and changes nothing' : planWords(rule.plan),
              incident: `${rule.incident.ref} ${rule.incident.title}`,
              risk,
              lifeMinutes: rule.state === 'live' ? null : rule.lifeMinutes,
              expiresAt: rule.expiresAt.toISOString(),
              requirement: requirementWords({ approvals: need.approvals, missing, approvedBy, author }),
            }}
            isTyped={whyTyped(rule, backtest) !== null}
            instances={instances}
            wantsApproval={rule.approvalDueAt !== null}
            ready={missing === 0 || (rule.state === 'approved' && notMe === null)}
            can={{
              edit: can(actor, 'mitigation.draft'),
              approve:
                notMe === null &&
                rule.missing > 0 &&
                !rule.approvals.some(({ approverId, counts }) => counts && approverId === actor.id),
              publish: can(actor, 'mitigation.publish'),
              breakGlass: can(actor, 'mitigation.publish') && notAlone === null,
              withdraw: can(actor, 'mitigation.withdraw'),
            }}
          />
        }
      />
      {rule.state === 'live' && rule.breakGlassReason !== null && (
        <BreakGlassBanner reason={rule.breakGlassReason} dueAt={rule.approvalDueAt} />
      )}
      {waiting && risk.level === 'high' && (
        <p className={classes.risk} data-risk="high">
          Risk high. {risk.words} Whoever approves or publishes it types its name.
        </p>
      )}
      {waiting && rule.unread && (
        <p className={classes.risk} data-risk="high">
          {unreadWords(rule.unread)}
        </p>
      )}
      {waiting && (
        <Requirement
          approvals={need.approvals}
          missing={missing}
          reasons={
            notAlone === null ? need.reasons : [...need.reasons, `Nobody can break glass for it. ${notAlone}`]
          }
          approvedBy={approvedBy}
          author={author}
          own={missing > 0 ? `${notMe ?? ''} ${canWords(rule.able)}` : null}
        />
      )}
      <p className={classes.sentence}>{ruleSentence(rule)}</p>
      <SinceLive figures={await sinceLive(actor, { mitigationId: rule.id })} />
      <StageRail rule={rule} />
      <div className={classes.detail}>
        <div>
          <section className={classes.section} aria-labelledby="rule">
            <h2 id="rule">Rule</h2>
            <RuleFacts rule={rule} />
          </section>
          {traffic && (
            <section className={classes.section} aria-labelledby="scope">
              <h2 id="scope">Scope in the last day</h2>
              <ScopeTraffic traffic={traffic} />
            </section>
          )}
          <section className={classes.section} aria-labelledby="tests">
            <h2 id="tests">Tests it carries</h2>
            <Vectors rule={rule} />
          </section>
        </div>
        <div>
          {waiting && (
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
          <section className={classes.section} aria-labelledby="adoption">
            <h2 id="adoption">Adoption</h2>
            <AdoptionLine rule={rule} />
          </section>
          <Evidence events={events} exportOf={can(actor, 'audit.export') ? rule.incident.ref : null} />
          {versions.length > 1 && (
            <section className={classes.section} aria-labelledby="versions">
              <h2 id="versions">Versions</h2>
              <Versions versions={versions} />
            </section>
          )}
          <section className={classes.section} aria-labelledby="history">
            <h2 id="history">History</h2>
            <History id={rule.id} events={events} names={namesOf(rule)} />
          </section>
        </div>
      </div>
    </>
  );
}
