import { Bars } from '#components/chart/bars';
import { chartClasses as chart } from '#components/chart/chart-classes';
import { FigureTable } from '#components/chart/chart-table';
import { Question } from '#components/chart/question';
import type { Outlook } from '#lib/insights/queries';
import { count, counted, duration } from './words.ts';

const SERIES = [
  { key: 'overdue', label: 'overdue now', color: 'var(--chart-7)' },
  { key: 'late', label: 'will be late', color: 'var(--chart-5)' },
  { key: 'kept', label: 'in time', color: 'var(--chart-1)' },
];

/** Which pending items will miss their due time if the next hours go as the last one did. */
export function ForecastQuestion({ outlook }: { outlook: Outlook }) {
  const caption = 'Pending items by severity: overdue, expected to be late, and in time';
  const href = (severity: string) => `/queue?severity=${severity}`;
  const arrived = Object.values(outlook.arrivedPerHour).reduce((sum, each) => sum + each, 0);
  return (
    <Question title="What will be late?" answer={answerOf(outlook)}>
      <Bars
        label={`${caption}; the table below has the figures`}
        stacked
        series={SERIES}
        bars={outlook.bySeverity.map(({ severity, pending, overdue, late }) => ({
          label: severity,
          href: href(severity),
          values: { overdue, late, kept: Math.max(0, pending - overdue - late) },
        }))}
      />
      <FigureTable
        caption={caption}
        heads={['Severity', 'Pending', 'Overdue now', 'Will be late', 'First of them in']}
        rows={outlook.bySeverity.map(({ severity, pending, overdue, late, firstMissMs }) => ({
          key: severity,
          href: href(severity),
          cells: [severity, count(pending), count(overdue), count(late), duration(firstMissMs)],
        }))}
      />
      <p className={chart.note}>
        A simulation of the next 72 hours in steps of five minutes. It assumes that the queue is worked
        strictly by due time, that people go on deciding {counted(outlook.decidedPerHour, 'item')} an hour and
        that {count(arrived)} an hour go on arriving, as in the last hour. Decisions made for many at once are
        left out of the rate, and so is what waits for a lead. It knows nothing of shifts, opt-outs, or
        clusters that spread and bring due times forward.
      </p>
    </Question>
  );
}

function answerOf({ bySeverity, late, firstMissMs, clearedMs, decidedPerHour }: Outlook): string {
  const pending = bySeverity.reduce((sum, each) => sum + each.pending, 0);
  const overdue = bySeverity.reduce((sum, each) => sum + each.overdue, 0);
  if (pending === 0) return 'Nothing waits, so nothing will be late.';
  const now = overdue > 0 ? `${counted(overdue, 'item')} overdue already. ` : '';
  const then =
    late === 0 && firstMissMs === null
      ? 'At the pace of the last hour nothing more will miss its time.'
      : `At the pace of the last hour about ${counted(Math.max(1, late), 'more item')} will miss the time a decision is due, the first in ${duration(firstMissMs)}.`;
  if (decidedPerHour === 0) return `${now}${then} Nobody decided anything in the last hour.`;
  const cleared =
    clearedMs === null
      ? ' What waits now is not all decided within three days.'
      : ` What waits now is decided in ${duration(clearedMs)}.`;
  return now + then + cleared;
}
