import { chartClasses as chart } from '#components/chart/chart-classes';
import { FigureTable } from '#components/chart/chart-table';
import { Question } from '#components/chart/question';
import { MIN_ITEMS } from '#lib/quality/agreement';
import { shareInterval } from '#lib/quality/interval';
import type { Quality } from '#lib/quality/queries';
import { investigateHref } from '#lib/search/address';
import { figureText, shareText } from './words.ts';

/** How often a lead said otherwise than a reviewer, and reviewers otherwise than a detector. */
export function OverrideQuestion({ quality }: { quality: Quality }) {
  return (
    <Question
      title="Which verdicts are overruled?"
      answer="How often a verdict did not stand once a lead settled a disagreement, and how often people found benign what a detector had flagged."
    >
      <FigureTable
        caption="Verdicts overruled by a lead"
        heads={['Verdict given', 'Overruled']}
        rows={quality.overrides.map(({ verdict, said, overridden }) => ({
          key: verdict,
          cells: [verdict, shareText(overridden, said)],
        }))}
      />
      <div style={{ height: 12 }} />
      <FigureTable
        caption="Flags that people found benign, by category"
        heads={['Flagged as', 'Found benign, of those decided']}
        rows={quality.flags.map(({ category, decided, benign }) => ({
          key: category,
          href: investigateHref({ state: 'decided', category }),
          cells: [category.replaceAll('_', ' '), shareText(benign, decided)],
        }))}
      />
    </Question>
  );
}

/** All golden answers in one figure. */
export function GoldenQuestion({ golden }: { golden: Quality['golden'] }) {
  return (
    <Question title="Do we know the known answers?" answer={goldenText(golden)}>
      <p className={chart.note}>
        Golden items are mixed unmarked into everybody’s work for coaching. What a person answered is told to
        that person alone, under their own work; this is all answers together, and only when they are three
        people’s or more.
      </p>
    </Question>
  );
}

function goldenText(golden: Quality['golden']): string {
  if (!golden) return 'Not shown: fewer than three people have answered golden items in this time.';
  const { answered: n, right } = golden;
  if (n < MIN_ITEMS) return `Not shown: ${n} of the ${MIN_ITEMS} answers that a figure takes.`;
  return figureText({ n, value: right / n, ...shareInterval(right / n, n) }, 'percent').replace(
    'items',
    'answers',
  );
}
