import { Visible } from '#components/diff/visible';
import { StateBadge } from '#components/state-badge';
import type { ShownItem } from '../work.ts';
import classes from './workbench.module.css';

/** The words that a lead is to settle, side by side. */
export function Disagreement({ words }: { words: NonNullable<ShownItem['disagreement']> }) {
  return (
    <section className={classes.words} aria-label="The reviews that disagree">
      {words.map(({ reviewer, verdict, policyTitle, note }) => (
        <div key={reviewer} className={classes.word}>
          <strong>{reviewer}</strong> <StateBadge state={verdict} />
          {policyTitle && <span> {policyTitle}</span>}
          <p className={classes.wordNote}>{note ? <Visible text={note} /> : 'no note'}</p>
        </div>
      ))}
    </section>
  );
}
