'use client';

import { BarChart } from '@mantine/charts';
import { useRouter } from 'next/navigation';
import { clockLabel } from '#lib/time';
import classes from './chart.module.css';

export type Series = { key: string; label: string; color: string };
/** One group of bars; `href` leads to the items it counts, `hrefs` to those of one series. Null is not drawn. */
type Bar = {
  label: string;
  href: string;
  hrefs?: Record<string, string>;
  values: Record<string, number | null>;
};

type BarsProps = {
  /** What the chart shows, for people who do not see it; the table beside it has every figure. */
  label: string;
  series: readonly Series[];
  bars: readonly Bar[];
  unit?: 'count' | 'ms';
  stacked?: boolean;
};

const say = {
  count: (value: number) => value.toLocaleString('en'),
  ms: (value: number) => (value === 0 ? '0' : clockLabel(value)),
};

/** Bars that lead to their items on a click. Keys go through the table below it, which has the same links. */
export function Bars({ label, series, bars, unit = 'count', stacked = false }: BarsProps) {
  const router = useRouter();
  return (
    <div role="img" aria-label={label} className={classes.chart}>
      <BarChart
        h={220}
        data={bars.map((bar) => ({ label: bar.label, ...bar.values }))}
        dataKey="label"
        series={series.map(({ key, ...each }) => ({ name: key, ...each }))}
        type={stacked ? 'stacked' : 'default'}
        withLegend={series.length > 1}
        tickLine="none"
        gridAxis="y"
        valueFormatter={say[unit]}
        maxBarWidth={28}
        yAxisProps={{ width: unit === 'ms' ? 72 : 44, allowDecimals: false }}
        xAxisProps={{ minTickGap: 12 }}
        barProps={({ name }) => ({
          isAnimationActive: false,
          onClick: (_bar, index, event) => {
            const href = bars[index]?.hrefs?.[name ?? ''];
            if (!href) return;
            // The click on the group would lead elsewhere.
            event.stopPropagation();
            router.push(href);
          },
        })}
        accessibilityLayer={false}
        barChartProps={{
          onClick: ({ activeTooltipIndex }) => {
            const bar = bars[Number(activeTooltipIndex ?? Number.NaN)];
            if (bar) router.push(bar.href);
          },
        }}
      />
    </div>
  );
}
