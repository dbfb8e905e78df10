import classes from './sparkline.module.css';

type SparklineProps = {
  /** Oldest first; each becomes one bar. */
  values: readonly number[];
  /** What the bars count and over what time, e.g. "hits a minute over the last hour". */
  label: string;
};

/** A course over time as small as a word; the exact figures stand beside it. */
export function Sparkline({ values, label }: SparklineProps) {
  const most = Math.max(...values, 0);
  const width = 100 / Math.max(1, values.length);
  return (
    <svg
      className={classes.spark}
      viewBox="0 0 100 20"
      preserveAspectRatio="none"
      role="img"
      aria-label={`${label}: ${courseWords(values)}`}
    >
      <line x1="0" x2="100" y1="19.5" y2="19.5" className={classes.base} />
      {values.map((value, index) => {
        if (value === 0) return null;
        const height = Math.max(1.5, (value / most) * 19);
        return (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place in time.
            key={index}
            className={classes.bar}
            x={index * width}
            y={20 - height}
            width={width * 0.8}
            height={height}
          />
        );
      })}
    </svg>
  );
}

function courseWords(values: readonly number[]): string {
  const most = Math.max(...values, 0);
  if (most === 0) return 'none';
  return `at most ${most.toLocaleString('en')}, now ${(values.at(-1) ?? 0).toLocaleString('en')}`;
}
