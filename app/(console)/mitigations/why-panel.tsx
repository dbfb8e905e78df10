'use client';

import { Visible } from '#components/diff/visible';
import classes from './composer.module.css';
import type { Feature } from './why.ts';

type Props = {
  features: readonly Feature[];
  on: readonly Feature[];
  onSwitch: (feature: Feature) => void;
};

/** What the first draft was made of: what members share, how rare it is elsewhere, and a switch for each. */
export function WhyPanel({ features, on, onSwitch }: Props) {
  return (
    <section className={classes.whyPanel} aria-labelledby="why">
      <h2 id="why">Why this</h2>
      {features.length === 0 ? (
        <p className={classes.hint}>
          They share nothing that is rare elsewhere. Write what to look for below; the marks and figures
          follow.
        </p>
      ) : (
        <ul className={classes.why}>
          {features.map((each) => (
            <li key={`${each.kind} ${each.feature}`} data-off={!on.includes(each) || undefined}>
              <label className={classes.whyLabel}>
                <input type="checkbox" checked={on.includes(each)} onChange={() => onSwitch(each)} />
                <span className={classes.whyKind}>{each.kind}</span>
                <code>
                  <Visible text={each.feature} />
                </code>
              </label>
              <span className={classes.share}>{shareWords(each)}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function shareWords({ inMembers, members, elsewhere, of }: Feature): string {
  const inside = `in ${inMembers.toLocaleString('en')} of ${members.toLocaleString('en')} members`;
  if (of === 0) return `${inside}, no others to compare with`;
  return `${inside}, in ${elsewhere.toLocaleString('en')} of ${of.toLocaleString('en')} others`;
}
