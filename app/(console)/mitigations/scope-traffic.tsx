'use client';

import { Button } from '@mantine/core';
import { Visible } from '#components/diff/visible';
import type { NamedField, ScopeTraffic as Traffic } from '#lib/mitigations/scope-names';
import { ScopeName } from './scope-name.tsx';
import classes from './scope-traffic.module.css';
import { inScopeWords, unseenWords } from './scope-words.ts';
import { counted, FIELD_WORDS } from './words.ts';

type Props = {
  traffic: Traffic;
  onTakeIn?: ((field: NamedField, name: string) => void) | undefined;
};

/** How much of the last day the scope holds, which names look like one of it and lie outside, and which came at all. */
export function ScopeTraffic({ traffic, onTakeIn }: Props) {
  const { fields } = traffic;
  const like = fields.flatMap(({ field, names }) =>
    names.flatMap((name) => (name.like === null ? [] : [{ ...name, like: name.like, field }])),
  );
  const seen = fields.filter(({ names }) => names.length > 0);
  return (
    <div className={classes.traffic}>
      <p role="status">{inScopeWords(traffic)}</p>
      {like.length > 0 && (
        <ul className={classes.like}>
          {like.map(({ field, value, count, like: meant }) => (
            <li key={`${field} ${value}`}>
              <span>
                The scope leaves out {counted(count, 'interaction')} with the {FIELD_WORDS[field]}{' '}
                <ScopeName name={value} />, which looks like <ScopeName name={meant} />.
              </span>
              {onTakeIn && (
                <Button size="compact-xs" variant="default" onClick={() => onTakeIn(field, value)}>
                  Take it in
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {fields.map((each) => {
        const words = unseenWords(each);
        return (
          words && (
            <p key={each.field}>
              <Visible text={words} />
            </p>
          )
        );
      })}
      {seen.length > 0 && (
        <details>
          <summary>Names of the last day</summary>
          <dl>
            {seen.map(({ field, names, more }) => (
              <div key={field}>
                <dt>{FIELD_WORDS[field]}</dt>
                <dd>
                  <ul className={classes.names}>
                    {names.map(({ value, count, held }) => (
                      <li key={value} data-held={held || undefined}>
                        <ScopeName name={value} />{' '}
                        <span className={classes.count}>
                          {count.toLocaleString('en')}
                          {!held && ', outside'}
                        </span>
                      </li>
                    ))}
                    {more > 0 && <li className={classes.count}>and {more.toLocaleString('en')} more</li>}
                  </ul>
                </dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </div>
  );
}
