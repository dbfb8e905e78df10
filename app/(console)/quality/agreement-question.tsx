import { chartClasses as chart } from '#components/chart/chart-classes';
import { FigureTable } from '#components/chart/chart-table';
import { Question } from '#components/chart/question';
import { MIN_ITEMS, type Pair } from '#lib/quality/agreement';
import type { Quality } from '#lib/quality/queries';
import { alphaInWords, figureText } from './words.ts';

/** From here on nearly all verdicts are the same, and the corrected figures say little. */
const SKEWED = 0.9;

export function AgreementQuestion({ quality }: { quality: Quality }) {
  const { agreement, alpha, skew } = quality;
  return (
    <Question
      title="How far do verdicts agree?"
      answer={
        alpha.value === null
          ? alpha.reason === 'too_few'
            ? `Not known yet: below ${MIN_ITEMS} items reviewed twice, a figure says more of chance than of people, so it stays hidden.`
            : 'Everybody gave the same verdict to everything, so there was nothing to differ about.'
          : alphaInWords(alpha)
      }
    >
      <FigureTable
        caption="Agreement with its 95 % interval and number of items"
        heads={['Figure', 'Value, 95 % interval, items']}
        rows={[
          { key: 'raw', cells: ['Agreement', figureText(agreement, 'percent')] },
          { key: 'alpha', cells: ['Krippendorff’s alpha', figureText(alpha, 'plain')] },
        ]}
      />
      <p className={chart.note}>
        Agreement is the share of two verdicts on an item that are the same. Alpha takes off what chance alone
        would give: 1 is full agreement, 0 is chance. Only blind reviews made one by one count; batches and
        leads’ rulings do not.
        {skew >= SKEWED &&
          ` Here ${Math.round(skew * 100)} % of all verdicts are the same one: with so little variety a handful of items moves alpha and kappa far, and they may be low although people agree.`}
      </p>
    </Question>
  );
}

/** Two people at a time, by name: to find who should talk, never who is better. */
export function PairQuestion({ pairs }: { pairs: Pair[] }) {
  return (
    <Question
      title="Who reads the policies alike?"
      answer="Every two people who reviewed the same items, in the order of their names. A low figure tells which two should talk, not which one is right."
    >
      <FigureTable
        caption="Agreement and Cohen’s kappa of each two reviewers"
        heads={['Reviewers', 'Agreement', 'Cohen’s kappa']}
        rows={pairs.map(({ raters, agreement, kappa }, index) => ({
          key: `${index} ${raters.join(' ')}`,
          cells: [raters.join(' and '), figureText(agreement, 'percent'), figureText(kappa, 'plain')],
        }))}
      />
    </Question>
  );
}
