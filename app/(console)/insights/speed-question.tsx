import { Bars } from '#components/chart/bars';
import { chartClasses as chart } from '#components/chart/chart-classes';
import { FigureTable } from '#components/chart/chart-table';
import { Question } from '#components/chart/question';
import { MOST_DECISIONS } from '#lib/insights/queries';
import { type Speed, WINDOWS, type Window } from '#lib/insights/schema';
import { investigateHref } from '#lib/search/address';
import { count, counted, duration } from './words.ts';

const SERIES = [
  { key: 'p50', label: 'half within', color: 'var(--chart-1)' },
  { key: 'p90', label: '90 % within', color: 'var(--chart-5)' },
  { key: 'p99', label: '99 % within', color: 'var(--chart-7)' },
];

/** From arrival to the first claim to the final decision. */
export function SpeedQuestion({ speed, window }: { speed: Speed; window: Window }) {
  const { label } = WINDOWS[window];
  const spans = [
    { name: 'Arrival to claim', marks: speed.toClaim },
    { name: 'Claim to decision', marks: speed.toDecision },
    { name: 'Arrival to decision', marks: speed.total },
  ];
  const href = investigateHref({ state: 'decided' });
  const caption = 'Time from arrival to the first claim to the final decision';
  return (
    <Question
      title="How long until it is decided?"
      answer={
        speed.decided === 0
          ? `Nothing was decided in the ${label}.`
          : `Half of the ${counted(speed.decided, 'item')} decided in the ${label} took ${duration(speed.total.p50)} or less from arrival, and one in ten more than ${duration(speed.total.p90)}.`
      }
    >
      {speed.decided > 0 && (
        <>
          <Bars
            label={`${caption}; the table below has the figures`}
            unit="ms"
            series={SERIES}
            bars={spans.map(({ name, marks }) => ({ label: name, href, values: { ...marks } }))}
          />
          <FigureTable
            caption={caption}
            heads={['From … to', 'p50', 'p90', 'p99']}
            rows={spans.map(({ name, marks }) => ({
              key: name,
              href,
              cells: [name, duration(marks.p50), duration(marks.p90), duration(marks.p99)],
            }))}
          />
          <p className={chart.note}>
            An item needing two reviews or a lead counts until the last of them. Items decided with others
            without being opened count only from arrival to decision.
            {speed.decided === MOST_DECISIONS && ` These are the newest ${count(MOST_DECISIONS)} decisions.`}
          </p>
        </>
      )}
    </Question>
  );
}
