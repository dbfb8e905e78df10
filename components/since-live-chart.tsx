'use client';

import { BarChart } from '@mantine/charts';
import { useId } from 'react';
import type { LiveMinute } from '#lib/rollouts/since-live';
import { FigureTable } from './chart/chart-table.tsx';
import classes from './since-live.module.css';

const ROWS = [
  { name: 'served', label: 'Served', color: 'var(--high)' },
  { name: 'acted', label: 'Acted on', color: 'var(--accent)' },
] as const;

const clock = (at: Date) => `${at.toISOString().slice(11, 16)} UTC`;
const count = (n: number) => n.toLocaleString('en');

/** Served and acted on, minute by minute, on one axis of time but each on a scale of its own: one served is seen beside thousands. */
export function SinceLiveChart({ minutes }: { minutes: readonly LiveMinute[] }) {
  const together = useId();
  const [first] = minutes;
  // The answer beside it says that nothing came; empty axes would say it again.
  if (!first || minutes.every(({ served, acted, blocked }) => served + acted + blocked === 0)) return null;
  const data = minutes.map((minute) => ({ ...minute, at: clock(minute.at) }));
  return (
    <div className={classes.course}>
      {ROWS.map(({ name, label, color }) => {
        const most = Math.max(...minutes.map((minute) => minute[name]));
        const now = minutes.at(-1)?.[name] ?? 0;
        return (
          <div key={name}>
            <p className={classes.label}>
              {label} <span className="quiet">{most === 0 ? 'none' : `at most ${count(most)} a minute`}</span>
            </p>
            <div
              role="img"
              className={classes.bars}
              aria-label={`${label}, minute by minute since ${clock(first.at)}: at most ${count(most)}, ${count(now)} in the running minute`}
            >
              <BarChart
                h={44}
                data={data}
                dataKey="at"
                series={[{ name, label, color }]}
                withXAxis={false}
                withYAxis={false}
                gridAxis="none"
                tickLine="none"
                valueFormatter={count}
                // One beside thousands is still seen, none is not.
                barProps={{ isAnimationActive: false, minPointSize: (value) => (value ? 2 : 0) }}
                barChartProps={{ syncId: together, barCategoryGap: '10%' }}
                accessibilityLayer={false}
              />
            </div>
          </div>
        );
      })}
      <p className={classes.axis}>
        <span>{clock(first.at)}</span> <span>now</span>
      </p>
      <details className={classes.table}>
        <summary>The same as a table</summary>
        <FigureTable
          caption="Minute by minute, newest first"
          heads={['Minute', 'Served', 'Reported as blocked', 'Acted on by instances']}
          rows={minutes.toReversed().map(({ at, served, blocked, acted }) => ({
            key: at.toISOString(),
            cells: [clock(at), count(served), count(blocked), count(acted)],
          }))}
        />
      </details>
    </div>
  );
}
