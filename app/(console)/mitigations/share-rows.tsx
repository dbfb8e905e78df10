import classes from './backtest.module.css';
import { sharePercent } from './words.ts';

/** Hits out of a total with a 95 % interval, each 0 to 1. */
type ShownShare = { hits: number; total: number; low: number | null; high: number | null };

export type ShareRow = {
  label: string;
  share: ShownShare;
  /** What to say where nothing is known. */
  none: string;
  /** Hits here are what must not happen. */
  bad?: boolean;
  /** The most that is possible where nothing was hit, 0 to 1. */
  bound?: number | null;
  note?: string | undefined;
};

/** Shares as words and as bars with their intervals: the bar is what is known, the line what is possible. */
export function ShareRows({ rows, busy = false }: { rows: readonly ShareRow[]; busy?: boolean }) {
  return (
    <dl className={classes.shares} data-busy={busy || undefined} aria-busy={busy}>
      {rows.map((row) => (
        <Row key={row.label} row={row} />
      ))}
    </dl>
  );
}

function Row({ row: { label, share, none, bad = false, bound = null, note } }: { row: ShareRow }) {
  const { hits, total } = share;
  return (
    <div className={classes.share} data-bad={(bad && hits > 0) || undefined}>
      <dt>{label}</dt>
      <dd>
        {total === 0 ? (
          <span className={classes.none}>{none}</span>
        ) : (
          <>
            <strong>{hits.toLocaleString('en')}</strong> of {total.toLocaleString('en')}
            <span className={classes.interval}>{intervalWords(share, bound)}</span>
          </>
        )}
      </dd>
      {note && <dd className={classes.note}>{note}</dd>}
      {total > 0 && <Bar share={share} bound={bound} />}
    </div>
  );
}

function Bar({ share: { hits, total, low, high }, bound }: { share: ShownShare; bound: number | null }) {
  const share = hits / total;
  const from = low ?? share;
  const to = hits === 0 && bound !== null ? bound : (high ?? share);
  return (
    <svg className={classes.bar} viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      <rect className={classes.track} width="100" height="8" />
      <rect className={classes.fill} width={share * 100} height="8" />
      <rect
        className={classes.range}
        x={from * 100}
        y="3"
        width={Math.max(0.6, (to - from) * 100)}
        height="2"
      />
    </svg>
  );
}

function intervalWords({ hits, total, low, high }: ShownShare, bound: number | null): string {
  if (hits === 0 && bound !== null) return `at most ${sharePercent(bound)}`;
  if (low === null || high === null) return sharePercent(hits / total);
  return `${sharePercent(hits / total)}, ${bare(low)}–${sharePercent(high)}`;
}

const bare = (share: number) => sharePercent(share).replace(' %', '');
