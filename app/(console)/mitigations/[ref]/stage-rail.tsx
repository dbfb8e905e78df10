import { Countdown, RelativeTime } from '#components/relative-time';
import { requireActor } from '#lib/auth';
import type { MitigationDetail } from '#lib/mitigations/queries';
import { can } from '#lib/permissions';
import { type StageProgress, stageProgress } from '#lib/rollouts/queries';
import { counted, sharePercent } from '../words.ts';
import { RolloutActs } from './rollout-acts.tsx';
import classes from './stage-rail.module.css';

const MEANS = {
  shadow: 'counts, changes nothing',
  canary: 'acts on some instances and requests',
  full: 'acts everywhere',
} as const;

type Stage = StageProgress['stages'][number];

/** "12 hits in 3,401 decisions (0.35 %), 12 acted on". */
function figuresOf({ figures }: Stage): string {
  if (!figures) return 'not yet';
  const { hits, enforced, decisions } = figures;
  const rate = decisions > 0 ? ` (${sharePercent(hits / decisions)})` : '';
  return `${counted(hits, 'hit')} in ${counted(decisions, 'decision')}${rate}, ${enforced.toLocaleString('en')} acted on`;
}

/** The rate seen against the one above which instances raise an alarm, which is the mark at two thirds. */
function RateBar({ stage: { figures }, limit }: { stage: Stage; limit: number | null }) {
  if (!figures || figures.decisions === 0 || limit === null || limit === 0 || limit >= 1) return null;
  const rate = figures.hits / figures.decisions;
  return (
    <svg
      className={classes.bar}
      viewBox="0 0 100 6"
      preserveAspectRatio="none"
      role="img"
      aria-label={`${sharePercent(rate)} seen; alarm above ${sharePercent(limit)}`}
    >
      <rect className={classes.track} width="100" height="6" />
      <rect
        className={classes.fill}
        data-over={rate > limit || undefined}
        width={Math.min(100, (rate / limit) * 66.7)}
        height="6"
      />
      <rect className={classes.limit} x="66.2" width="1" height="6" />
    </svg>
  );
}

/** How far a live rule is rolled out, what each stage saw, and what makes it go on or stand still. */
export async function StageRail({ rule }: { rule: MitigationDetail }) {
  const actor = await requireActor();
  const progress = rule.state === 'live' ? await stageProgress(actor, rule.ref) : null;
  if (!progress) return null;
  const { next, heldReason, precision, breakers, maxHitRate } = progress;
  return (
    <section className={classes.rail} aria-labelledby="stages">
      <h2 id="stages">Rollout</h2>
      <ol className={classes.stages}>
        {progress.stages.map((stage) => (
          <li
            key={stage.stage}
            className={classes.stage}
            data-state={stage.stage === progress.stage ? 'current' : stage.begunAt ? 'done' : 'ahead'}
            {...(stage.stage === progress.stage && { 'aria-current': 'step' as const })}
          >
            <strong>{stage.stage}</strong>
            <span className={classes.means}>{MEANS[stage.stage]}</span>
            <span className="tabular">{figuresOf(stage)}</span>
            <RateBar stage={stage} limit={maxHitRate} />
            {stage.begunAt && (
              <span className={classes.means}>
                since <RelativeTime at={stage.begunAt} />
              </span>
            )}
          </li>
        ))}
      </ol>
      {heldReason !== null ? (
        <p className={classes.held} role="status">
          <strong>On hold in {progress.stage}.</strong> {heldReason} Resume, advance anyway, or withdraw.
        </p>
      ) : (
        next && (
          <p className={classes.next}>
            {next.at === null ? (
              `Advances to ${next.stage} when a commander advances it.`
            ) : next.at <= new Date() && next.evidence && !next.evidence.isEnough ? (
              `Advances to ${next.stage} as soon as there is enough evidence and all checks pass.`
            ) : (
              <>
                Advances to {next.stage} <Countdown at={next.at} /> if all checks pass
                {next.evidence && !next.evidence.isEnough ? ' and there is enough evidence' : ''}.
              </>
            )}
          </p>
        )
      )}
      {heldReason === null && next?.evidence && (
        <p className={classes.means} role="status">
          {next.evidence.isEnough ? (
            'Enough evidence to advance to all instances.'
          ) : (
            <>
              <strong>No evidence yet.</strong> {next.evidence.missing} Until then only a commander can
              advance it.
            </>
          )}
        </p>
      )}
      <ul className={classes.signs}>
        <li>
          {precision.share
            ? `Reviewers found ${precision.harmful} of the ${precision.harmful + precision.benign} hits that came back harmful: ${sharePercent(precision.share.value)} (${sharePercent(precision.share.low)} to ${sharePercent(precision.share.high)}).`
            : rule.sample > 0
              ? `${sharePercent(rule.sample)} of its hits come back into the queue; none is reviewed yet.`
              : 'No hits come back into the queue, so its precision stays unknown.'}
        </li>
        {maxHitRate !== null && maxHitRate < 1 && (
          <li>
            An instance raises an alarm when it hits more than {sharePercent(maxHitRate)} of its decisions,
            the mark on each bar. The rule stays on.
          </li>
        )}
        {breakers.map((breaker) => (
          <li key={breaker.instanceId} className={classes.open}>
            {breaker.instanceId} turned it down to shadow <RelativeTime at={breaker.since} />:{' '}
            {breaker.reason}
          </li>
        ))}
      </ul>
      <RolloutActs
        reference={rule.ref}
        stage={progress.stage}
        next={next?.stage ?? null}
        isHeld={heldReason !== null}
        can={{ advance: can(actor, 'mitigation.publish'), hold: can(actor, 'mitigation.withdraw') }}
      />
    </section>
  );
}
