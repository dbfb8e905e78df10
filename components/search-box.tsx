'use client';

import { Button, TextInput } from '@mantine/core';
import { type ReactNode, useRef } from 'react';
import { Keys, useShortcuts } from '#components/shell/shortcuts';
import classes from './search-box.module.css';

type SearchBoxProps = {
  /** The page whose `q` this is. */
  action: string;
  q: string;
  label: string;
  /** What may be written. */
  help: string;
  problems?: string[];
  /** What else stays in the address. */
  children?: ReactNode;
};

/** A plain GET form: the address is the search. `/` goes to it. */
export function SearchBox({ action, q, label, help, problems = [], children }: SearchBoxProps) {
  const box = useRef<HTMLInputElement>(null);
  useShortcuts([{ keys: '/', label, run: () => box.current?.focus() }]);
  return (
    <search>
      <form action={action} className={classes.search}>
        {children}
        <TextInput
          // A new search from elsewhere, such as the back button, shows in the box.
          key={q}
          ref={box}
          name="q"
          label={label}
          description={<span className="quiet">{help}</span>}
          inputWrapperOrder={['label', 'input', 'error', 'description']}
          defaultValue={q}
          maxLength={500}
          error={problems.length > 0 ? problems.join('; ') : undefined}
          rightSection={<Keys keys="/" />}
          rightSectionWidth={36}
        />
        <Button type="submit" variant="default">
          Search
        </Button>
      </form>
    </search>
  );
}
