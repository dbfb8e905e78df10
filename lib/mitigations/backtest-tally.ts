import { shareInterval } from '#lib/quality/interval';
import type { Outside } from './backtest-outside.ts';
import type { Excerpt } from './excerpt.ts';

export const EXAMPLES = 20;

/** Where a stored interaction counts, worst to hit first; each counts once, beside its incident and its cluster. */
export const BUCKETS = ['benign', 'control', 'pending', 'harmful', 'cluster', 'incident'] as const;
export type Bucket = (typeof BUCKETS)[number];

/** The share of a bucket that the rule would hit. */
export type Share = {
  hits: number;
  /** Interactions that still have their text. */
  total: number;
  /** Those whose text was erased: nobody can say whether the rule would have hit them. */
  erased: number;
  /** Wilson's 95 % interval of the share, 0 to 1; null without data. */
  low: number | null;
  high: number | null;
};
export type Count = Pick<Share, 'hits' | 'total'>;

export type BacktestExample = {
  interactionId: string;
  bucket: Bucket;
  language: string;
  target: 'prompt' | 'completion';
  excerpt: Excerpt;
  /** How many hit interactions of this bucket have the very same text. */
  same: number;
};

export type BacktestFigures = {
  /** All that are linked to the incident, whether in scope or harmful or not; without an incident it is empty. */
  incident: Share;
  /** All members of the cluster, also those that are linked to the incident; null without a cluster. */
  cluster: Share | null;
  /** Confirmed harmful, in scope, and neither of the two above. */
  harmful: Share;
  /**
   * In scope, wherever else it counts: reviewed benign, and of the control sample what nobody found harmful; `total`
   * of 0 in `control` means that there is no control sample.
   */
  notHarmful: Share & { reviewed: Share; control: Share; upperBound95: number | null };
  pending: Share;
  /** Interactions that were judged: every one in scope, and all of the incident and the cluster. */
  scanned: number;
  /** Interactions left out because their text was erased. */
  erased: number;
  /**
   * How they were judged: all texts read, or only those that the index of pieces could not rule out; of the latter
   * `texts` leaves out whatever has something masked, since the index is of true texts.
   */
  read: { texts: number; indexed: boolean };
  /** Null where the scope narrows nothing that is stored; absent in runs that were kept before this was counted. */
  outside?: Outside | null;
};

export type BacktestResult = BacktestFigures & {
  /** Worst first, no text twice, without the secrets in them; fewer where a text was erased since. */
  examples: BacktestExample[];
  tookMs: number;
};

/** No hit in `n` still leaves this much possible, with 95 % confidence: the rule of three. Null when n is 0. */
export function upperBound(count: Count): number | null {
  return count.hits === 0 && count.total > 0 ? Math.min(1, 3 / count.total) : null;
}

/** One row of the counting query. */
export type Counted = {
  bucket: Bucket;
  linked: boolean;
  member: boolean;
  erased: boolean;
  total: number;
  hits: number;
};

function shareOf(rows: readonly Counted[]): Share {
  const sum = (list: readonly Counted[], of: 'hits' | 'total') => list.reduce((all, row) => all + row[of], 0);
  const readable = rows.filter((row) => !row.erased);
  const [hits, total] = [sum(readable, 'hits'), sum(readable, 'total')];
  const erased = sum(
    rows.filter((row) => row.erased),
    'total',
  );
  const interval = total > 0 ? shareInterval(hits / total, total) : { low: null, high: null };
  return { hits, total, erased, ...interval };
}

/** The figures a person decides by, from counts of every bucket. */
export function figuresOf(
  rows: readonly Counted[],
  hasCluster: boolean,
  read: BacktestFigures['read'],
): BacktestFigures {
  const of = (...buckets: Bucket[]) => shareOf(rows.filter(({ bucket }) => buckets.includes(bucket)));
  const notHarmful = of('benign', 'control');
  const all = shareOf(rows);
  return {
    incident: shareOf(rows.filter(({ linked }) => linked)),
    cluster: hasCluster ? shareOf(rows.filter(({ member }) => member)) : null,
    harmful: of('harmful'),
    notHarmful: {
      ...notHarmful,
      reviewed: of('benign'),
      control: of('control'),
      upperBound95: upperBound(notHarmful),
    },
    pending: of('pending'),
    scanned: all.total,
    erased: all.erased,
    read,
  };
}
