import { Bars } from '#components/chart/bars';
import { FigureTable } from '#components/chart/chart-table';
import { Question } from '#components/chart/question';
import type { QueueAge } from '#lib/insights/schema';
import { count, counted, duration } from './words.ts';

const SERIES = [
  { key: 'p50', label: 'half are younger', color: 'var(--chart-1)' },
  { key: 'p90', label: '90 % are younger', color: 'var(--chart-5)' },
  { key: 'p99', label: '99 % are younger', color: 'var(--chart-7)' },
];

/** How much waits in each queue and for how long. */
export function BacklogQuestion({ queues }: { queues: QueueAge[] }) {
  const pending = queues.reduce((sum, queue) => sum + queue.pending, 0);
  const overdue = queues.reduce((sum, queue) => sum + queue.overdue, 0);
  const oldest = Math.max(...queues.map((queue) => queue.oldest ?? 0));
  const waiting = queues.filter((queue) => queue.pending > 0);
  const href = (queue: QueueAge) => `/queue?queue=${encodeURIComponent(queue.key)}`;
  const caption = 'Age of what is pending, by queue';
  return (
    <Question
      title="What waits, and for how long?"
      answer={
        pending === 0
          ? 'Nothing waits.'
          : `${counted(pending, 'item')} pending, ${count(overdue)} of them past the time a decision was due; the oldest came ${duration(oldest)} ago.`
      }
    >
      {waiting.length > 0 && (
        <Bars
          label={`${caption}; the table below has the figures`}
          unit="ms"
          series={SERIES}
          bars={waiting.map((queue) => ({
            label: queue.name,
            href: href(queue),
            values: { p50: queue.p50, p90: queue.p90, p99: queue.p99 },
          }))}
        />
      )}
      <FigureTable
        caption={caption}
        heads={['Queue', 'Pending', 'Overdue', 'p50', 'p90', 'p99', 'Oldest']}
        rows={queues.map((queue) => ({
          key: queue.key,
          href: href(queue),
          cells: [
            queue.name,
            count(queue.pending),
            count(queue.overdue),
            ...[queue.p50, queue.p90, queue.p99, queue.oldest].map(duration),
          ],
        }))}
      />
    </Question>
  );
}
