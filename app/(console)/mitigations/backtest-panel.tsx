import Link from 'next/link';
import type { BacktestExample, Bucket } from '#lib/mitigations/backtest-tally';
import { percent } from '#lib/mitigations/risk';
import { MarkedText } from './marked-text.tsx';
import classes from './mitigations.module.css';
import type { BacktestView } from './use-backtest.ts';

const BUCKET_WORDS: Record<Bucket, string> = {
  benign: 'reviewed benign',
  control: 'control sample',
  pending: 'not reviewed',
  harmful: 'confirmed harmful',
  incident: 'this incident',
};

/** Three numbers with what they are out of, and what was hit, worst first. */
export function BacktestPanel({ result, running, error }: BacktestView) {
  if (!result) {
    return (
      <p className={classes.hint} aria-live="polite">
        {error ??
          (running
            ? 'Trying the rule on stored interactions…'
            : 'Type what to look for; the figures follow.')}
      </p>
    );
  }
  const { incident, harmful, notHarmful, pending, examples, capped, scanned } = result;
  return (
    <div data-running={running || undefined} className={classes.backtest}>
      <dl className={classes.figures} aria-live="polite" aria-busy={running}>
        <Figure label="of this incident" hits={incident.hits} total={incident.total} none="nothing linked" />
        <Figure label="of other harmful" hits={harmful.hits} total={harmful.total} none="none confirmed" />
        <Figure
          label="of not harmful"
          hits={notHarmful.hits}
          total={notHarmful.total}
          none="no control data"
          warn={notHarmful.hits > 0}
          note={
            notHarmful.upperBound95 === null
              ? notHarmful.total > 0 && percent(notHarmful.hits / notHarmful.total)
              : `≤ ${percent(notHarmful.upperBound95)} (95 %)`
          }
        />
      </dl>
      <p className={classes.hint}>
        Also {pending.hits.toLocaleString('en')} of {pending.total.toLocaleString('en')} not reviewed yet.
        Read {scanned.toLocaleString('en')} interactions in scope
        {capped === 'rows' && ', the newest ones only'}
        {capped === 'time' && ', as many as five seconds allow'}.{' '}
        {error && <strong role="alert">{error}</strong>}
      </p>
      <ul className={classes.examples}>
        {examples.map((example) => (
          <HitExample key={example.interactionId} example={example} />
        ))}
      </ul>
    </div>
  );
}

type FigureProps = {
  label: string;
  hits: number;
  total: number;
  none: string;
  warn?: boolean;
  note?: string | false;
};

function Figure({ label, hits, total, none, warn, note }: FigureProps) {
  return (
    <div className={classes.figure} data-warn={warn || undefined}>
      <dt>{label}</dt>
      <dd>
        {total === 0 ? (
          <span className={classes.none}>{none}</span>
        ) : (
          <>
            <strong>{hits.toLocaleString('en')}</strong> / {total.toLocaleString('en')}
          </>
        )}
        {note && <span className={classes.none}>{note}</span>}
      </dd>
    </div>
  );
}

function HitExample({ example }: { example: BacktestExample }) {
  const { bucket, excerpt, interactionId, language, same, target } = example;
  return (
    <li>
      <p className={classes.exampleHead} data-warn={bucket === 'benign' || bucket === 'control' || undefined}>
        <strong>{BUCKET_WORDS[bucket]}</strong> · {language} · {target}
        {same > 1 && ` · ${same} alike`} ·{' '}
        <Link href={`/interactions/${interactionId}`} prefetch={false} target="_blank">
          open
        </Link>
      </p>
      <MarkedText text={excerpt.text} spans={excerpt.spans} />
    </li>
  );
}
