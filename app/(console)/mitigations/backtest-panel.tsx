'use client';

import { Button } from '@mantine/core';
import Link from 'next/link';
import { MarkedText } from '#components/diff/marked-text';
import type { BacktestResult } from '#lib/mitigations/backtest';
import type { Outside } from '#lib/mitigations/backtest-outside';
import type { BacktestExample, Bucket } from '#lib/mitigations/backtest-tally';
import { clockLabel } from '#lib/time';
import classes from './backtest.module.css';
import { OutsideScope } from './outside-scope.tsx';
import { type ShareRow, ShareRows } from './share-rows.tsx';
import type { BacktestView } from './use-backtest.ts';
import { counted } from './words.ts';

const BUCKET_WORDS: Record<Bucket, string> = {
  benign: 'reviewed benign',
  control: 'control sample',
  pending: 'not reviewed',
  harmful: 'confirmed harmful',
  incident: 'this incident',
  cluster: 'this cluster',
};
const SHOWN = 4;

/** Three numbers with what they are out of, and what was hit, worst first. */
type Props = BacktestView & { onTakeIn?: ((outside: Outside) => void) | undefined };

export function BacktestPanel({ onTakeIn, ...view }: Props) {
  const { result, running, error } = view;
  return (
    <div>
      <BacktestState {...view} />
      {error && (
        <p role="alert" className={classes.problem}>
          {error}
        </p>
      )}
      {result && (
        <>
          <OutsideScope outside={result.outside ?? null} onTakeIn={onTakeIn} />
          <ShareRows rows={rowsOf(result)} busy={running} />
          <p className={classes.state}>
            It also matches {result.pending.hits.toLocaleString('en')} of{' '}
            {result.pending.total.toLocaleString('en')} unreviewed items.
          </p>
          <Examples examples={result.examples} />
        </>
      )}
    </div>
  );
}

function BacktestState({ result, running, scanned, total, waits, cancelled, cancel, again }: BacktestView) {
  if (running) {
    return (
      <div className={classes.state} role="status">
        <progress {...(total > 0 && { value: scanned, max: total })} aria-label="Interactions tested" />
        <span>{waits ?? runningWords(scanned, total)}</span>
        <Button size="compact-xs" variant="default" onClick={cancel}>
          Cancel
        </Button>
      </div>
    );
  }
  if (!result && !cancelled) {
    return <p className={classes.state}>Say what to look for; the figures follow.</p>;
  }
  return (
    <div className={classes.state} role="status">
      <span>
        {cancelled ? 'Cancelled. The figures below are from the last run.' : result && doneWords(result)}
      </span>
      <Button size="compact-xs" variant="subtle" onClick={again}>
        Run again
      </Button>
    </div>
  );
}

function runningWords(scanned: number, total: number): string {
  if (total === 0) return 'Counting what is stored…';
  return `${scanned.toLocaleString('en')} of ${total.toLocaleString('en')} tested`;
}

function doneWords({ scanned, erased, tookMs, read }: BacktestResult): string {
  const gone = erased > 0 ? `; ${counted(erased, 'text')} erased meanwhile, not counted` : '';
  const how = read.indexed ? `, ${counted(read.texts, 'text')} of them read` : '';
  return `Tested on ${counted(scanned, 'stored interaction')}${how}, in ${clockLabel(Math.max(1, tookMs))}${gone}.`;
}

function rowsOf({ cluster, incident, harmful, notHarmful }: BacktestResult): ShareRow[] {
  const { reviewed, control } = notHarmful;
  return [
    ...(cluster ? [{ label: 'matches in this cluster', share: cluster, none: 'no members left' }] : []),
    ...(cluster && incident.total === 0
      ? []
      : [{ label: 'matches in this incident', share: incident, none: 'nothing linked yet' }]),
    { label: 'matches in other harmful', share: harmful, none: 'nothing else is confirmed harmful' },
    {
      label: 'false positives',
      share: notHarmful,
      none: 'unknown: no control data',
      bad: true,
      bound: notHarmful.upperBound95,
      ...(notHarmful.total > 0 && {
        note: `${counted(reviewed.total, 'reviewed benign', 'reviewed benign')}, ${counted(control.total, 'from the control sample', 'from the control sample')}`,
      }),
    },
  ];
}

function Examples({ examples }: { examples: readonly BacktestExample[] }) {
  if (examples.length === 0) return null;
  const more = examples.length - SHOWN;
  return (
    <>
      <ul className={classes.examples}>
        {examples.slice(0, SHOWN).map((example) => (
          <HitExample key={example.interactionId} example={example} />
        ))}
      </ul>
      {more > 0 && (
        <details className={classes.more}>
          <summary>{counted(more, 'more example')}, worst first</summary>
          <ul className={classes.examples}>
            {examples.slice(SHOWN).map((example) => (
              <HitExample key={example.interactionId} example={example} />
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

function HitExample({ example }: { example: BacktestExample }) {
  const { bucket, excerpt, interactionId, language, same, target } = example;
  return (
    <li id={`hit-${interactionId}`}>
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
