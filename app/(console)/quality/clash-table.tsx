import { chartClasses as chart } from '#components/chart/chart-classes';
import { FigureTable } from '#components/chart/chart-table';
import { Question } from '#components/chart/question';
import type { Clash } from '#lib/quality/disagreements';
import type { QualityFilters } from '#lib/quality/schema';
import { VERDICTS } from '#lib/reviews/schema';
import { wordText } from './words.ts';

const SHOWN = 50;

/** What people disagree about, clause against clause, each line leading to its items. */
export function ClashTable({ clashes, filters }: { clashes: Clash[]; filters: QualityFilters }) {
  const href = ({ one, other }: Clash) => {
    const query = new URLSearchParams({ one, other, days: filters.days });
    if (filters.queue) query.set('queue', filters.queue);
    if (filters.category) query.set('category', filters.category);
    return `/quality/items?${query}`;
  };
  return (
    <Question
      title="What do we disagree about?"
      answer={
        clashes.length === 0
          ? 'Nothing: on every item all reviewers gave the same verdict under the same clause.'
          : 'Each line leads to its items. The clauses at the top are the ones to reword, or to give examples.'
      }
    >
      {clashes.length > 0 && (
        <FigureTable
          caption="Disagreements by verdict and clause, most items first"
          heads={['One said … the other', 'Items', 'A lead decided']}
          rows={clashes.slice(0, SHOWN).map((clash) => ({
            key: `${clash.one} ${clash.other}`,
            href: href(clash),
            cells: [
              clash.words.map(wordText).join(' … '),
              clash.items.toLocaleString('en'),
              settledText(clash),
            ],
          }))}
        />
      )}
      {clashes.length > SHOWN && (
        <p className={chart.note}>
          The {SHOWN} most frequent of {clashes.length} are shown.
        </p>
      )}
    </Question>
  );
}

function settledText({ settled, waiting, words }: Clash): string {
  const parts = VERDICTS.filter((verdict) => settled[verdict] > 0).map(
    (verdict) => `${verdict} ${settled[verdict]}`,
  );
  if (waiting > 0) parts.push(`${waiting} waiting`);
  if (parts.length > 0) return parts.join(', ');
  return words[0].verdict === words[1].verdict ? 'not needed: the verdict is the same' : '–';
}
