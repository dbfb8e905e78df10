import { Bars } from '#components/chart/bars';
import { ChartTable } from '#components/chart/chart-table';
import { Question } from '#components/chart/question';
import { type Flow, WINDOWS, type Window } from '#lib/insights/schema';
import { arrivedIn, bucketLabel, count, decidedIn, keepingUp } from './words.ts';

const SERIES = [
  { key: 'arrived', label: 'arrived', color: 'var(--chart-2)' },
  { key: 'decided', label: 'decided', color: 'var(--chart-1)' },
];

/** Arrivals against decisions. */
export function FlowQuestion(props: { flow: Flow[]; bucketHours: number; window: Window }) {
  const { flow, bucketHours, window } = props;
  const per = bucketHours === 1 ? 'hour' : bucketHours === 24 ? 'day' : `${bucketHours} hours`;
  const caption = `Flagged items that arrived and that were decided, per ${per}, UTC`;
  return (
    <Question title="Are we keeping up?" answer={keepingUp(flow, WINDOWS[window].label)}>
      <Bars
        label={caption}
        series={SERIES}
        bars={flow.map(({ at, arrived, decided }) => ({
          label: bucketLabel(at, window),
          href: arrivedIn(at, bucketHours),
          hrefs: { decided: decidedIn(at, bucketHours) },
          values: { arrived, decided },
        }))}
      />
      <ChartTable
        caption={caption}
        heads={['From, UTC', 'Arrived', 'Decided', 'Backlog grew by']}
        rows={flow.toReversed().map(({ at, arrived, decided }) => ({
          key: at,
          href: arrivedIn(at, bucketHours),
          hrefs: { 2: decidedIn(at, bucketHours) },
          cells: [bucketLabel(at, window), count(arrived), count(decided), count(arrived - decided)],
        }))}
      />
    </Question>
  );
}
