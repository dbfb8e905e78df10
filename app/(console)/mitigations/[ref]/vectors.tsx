import { MarkedText } from '#components/diff/marked-text';
import type { MitigationDetail } from '#lib/mitigations/queries';
import { textMatcher } from '#sdk/match';
import classes from '../mitigations.module.css';

/** The texts by which every instance checks the rule before it takes it. */
export function Vectors({ rule }: { rule: MitigationDetail }) {
  const { mustMatch, mustNotMatch } = rule.tests;
  const find = textMatcher(rule.matcher);
  return (
    <>
      <p className={classes.hint}>Every instance runs these before it takes the rule.</p>
      <details>
        <summary>{mustMatch.length} it must match</summary>
        <div className={classes.examples}>
          {mustMatch.map(({ text, language }) => (
            <MarkedText key={text} text={text} spans={find(text, language)} />
          ))}
        </div>
      </details>
      {mustNotMatch.length > 0 && (
        <details>
          <summary>{mustNotMatch.length} it must not match</summary>
          <div className={classes.examples}>
            {mustNotMatch.map(({ text }) => (
              <MarkedText key={text} text={text} spans={[]} />
            ))}
          </div>
        </details>
      )}
    </>
  );
}
