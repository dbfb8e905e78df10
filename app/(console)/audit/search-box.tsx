'use client';

import { Button, TextInput } from '@mantine/core';
import { useRef } from 'react';
import { Keys, useShortcuts } from '#components/shell/shortcuts';
import classes from './audit.module.css';

/** A plain GET form: the address is the search. */
export function SearchBox({ q, problems }: { q: string; problems: string[] }) {
  const box = useRef<HTMLInputElement>(null);
  useShortcuts([{ keys: '/', label: 'Search', run: () => box.current?.focus() }]);
  return (
    <search>
      <form action="/audit" className={classes.search}>
        <TextInput
          // A new search from elsewhere, such as the back button, shows in the box.
          key={q}
          ref={box}
          name="q"
          label="Search"
          description={
            <span className="quiet">
              Words, “two words”, actor:ana, incident:12, action:mitigation.publish, since:2026-11-01,
              until:2026-11-02
            </span>
          }
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
