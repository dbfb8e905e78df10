import { FigureTable } from '#components/chart/chart-table';
import { Question } from '#components/chart/question';
import type { OwnWork } from '#lib/quality/own-work';
import { clockLabel } from '#lib/time';

/** Below this many items a share is not drawn into words. */
const FEW = 10;

export function TimeQuestion({ days }: { days: OwnWork['days'] }) {
  const [latest] = days;
  return (
    <Question
      title="How long do I take?"
      answer={
        latest
          ? `Half of your ${latest.items} ${latest.items === 1 ? 'item' : 'items'} on ${latest.day} took ${clockLabel(latest.medianMs)} or less each. Slower is fine; a sudden change either way may mean you are tired.`
          : 'You have decided nothing in the last 30 days. Your time for each item, by day, will be here.'
      }
    >
      {latest && (
        <FigureTable
          caption="Items and median time for each, by day, UTC"
          heads={['Day, UTC', 'Items', 'Median time']}
          rows={days.map(({ day, items, medianMs }) => ({
            key: day,
            cells: [day, String(items), clockLabel(medianMs)],
          }))}
        />
      )}
    </Question>
  );
}

export function DriftQuestion({ drift }: { drift: OwnWork['drift'] }) {
  const [latest, before] = drift;
  return (
    <Question
      title="Do I drift?"
      answer={
        latest
          ? driftText(latest, before)
          : 'Not known: none of your items of the last twelve weeks was also reviewed by somebody else and decided.'
      }
    >
      {latest && (
        <FigureTable
          caption="Own verdicts that are the final ones, by week, of items others reviewed too"
          heads={['Week from, UTC', 'Reviewed by others too', 'Your verdict stood']}
          rows={drift.map(({ week, items, same }) => ({
            key: week,
            cells: [week, String(items), `${same} (${share(same, items)})`],
          }))}
        />
      )}
    </Question>
  );
}

type Week = OwnWork['drift'][number];

const share = (part: number, whole: number) => `${Math.round((part / whole) * 100)} %`;

function driftText(latest: Week, before: Week | undefined): string {
  const said = `Of ${latest.items} of your items since ${latest.week} that somebody else reviewed too, your verdict stood on ${latest.same}.`;
  if (latest.items < FEW) return `${said} That is too few to read anything into.`;
  if (!before || before.items < FEW) return said;
  return `${said} In the week before it was ${share(before.same, before.items)}.`;
}
