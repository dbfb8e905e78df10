'use client';

import { BarChart } from '@mantine/charts';
import classes from '../clusters.module.css';

const MINUTES_A_DAY = 1_440;

type ArrivalsChartProps = { stepMinutes: number; buckets: { at: string; arrived: number }[] };

/** How many members arrived when; the figures are also there as a table for who cannot see bars. */
export function ArrivalsChart({ stepMinutes, buckets }: ArrivalsChartProps) {
  const rows = buckets.map(({ at, arrived }) => ({ at: label(at, stepMinutes), arrived }));
  return (
    <section>
      <h2>Is it growing?</h2>
      {rows.length < 2 ? (
        <p className="quiet">All of them arrived within {every(stepMinutes)}.</p>
      ) : (
        <div aria-hidden="true">
          <BarChart
            h={120}
            data={rows}
            dataKey="at"
            series={[{ name: 'arrived', color: 'blue.6' }]}
            gridAxis="none"
            withYAxis={false}
            tickLine="none"
            accessibilityLayer={false}
            barChartProps={{ margin: { top: 4, right: 0, bottom: 0, left: 0 } }}
          />
        </div>
      )}
      <table className={`${classes.table} spoken`}>
        <caption>Arrivals, each row {every(stepMinutes)}</caption>
        <tbody>
          {rows.map(({ at, arrived }) => (
            <tr key={at}>
              <th scope="row">{at}</th>
              <td>{arrived}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function every(minutes: number): string {
  if (minutes % MINUTES_A_DAY === 0)
    return minutes === MINUTES_A_DAY ? 'one day' : `${minutes / MINUTES_A_DAY} days`;
  if (minutes % 60 === 0) return minutes === 60 ? 'one hour' : `${minutes / 60} hours`;
  return minutes === 1 ? 'one minute' : `${minutes} minutes`;
}

// UTC on both sides: the server renders what the browser shows.
function label(at: string, stepMinutes: number): string {
  return stepMinutes >= MINUTES_A_DAY ? at.slice(5, 10) : `${at.slice(5, 10)} ${at.slice(11, 16)}`;
}
