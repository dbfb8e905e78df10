'use client';

import { Autocomplete, Button } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { Keys, useShortcuts } from '#components/shell/shortcuts';
import { completions, writingAt } from '#lib/search/complete';
import type { Field } from '#lib/search/schema';
import classes from './investigate.module.css';

type QueryLineProps = { q: string; by: readonly Field[]; problems: string[] };

/** The query as it is typed, completed by keys and by values of the traffic. A plain GET form: the address is the query. */
export function QueryLine({ q, by, problems }: QueryLineProps) {
  const [line, setLine] = useState(q);
  const [caret, setCaret] = useState(q.length);
  const box = useRef<HTMLInputElement>(null);
  const writing = writingAt(line, caret);
  const values = useSeenValues(writing.key, writing.part);
  useShortcuts([{ keys: '/', label: 'Write a query', run: () => box.current?.focus() }]);
  const options = new Map(completions(line, caret, values).map((each) => [each.line, each]));
  options.delete(line);
  return (
    <search>
      <form action="/investigate" className={classes.search}>
        <input type="hidden" name="by" value={by.join(',')} />
        <Autocomplete
          ref={box}
          name="q"
          label="Query"
          description={
            <span className="quiet">
              Words, “two words”, re:/RE2/, package:, host:, call:, model:, after:7d. A minus before a part
              takes it out.
            </span>
          }
          inputWrapperOrder={['label', 'input', 'error', 'description']}
          classNames={{ input: classes.line }}
          value={line}
          onChange={(next) => {
            setLine(next);
            // A completion ends where its token does; what is typed, where the caret is.
            setCaret(options.has(next) ? next.length : (box.current?.selectionStart ?? next.length));
          }}
          onSelect={(event) => setCaret(event.currentTarget.selectionStart ?? line.length)}
          data={[...options.keys()]}
          filter={({ options: all }) => all}
          renderOption={({ option }) => (
            <span className={classes.option}>
              <code>{options.get(option.value)?.shown}</code>
              <span className="quiet">{options.get(option.value)?.hint}</span>
            </span>
          )}
          maxDropdownHeight={280}
          maxLength={1_000}
          spellCheck={false}
          autoCapitalize="none"
          error={problems.length > 0 ? problems.join(' ') : undefined}
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

const WAIT_MS = 150;

/** Values of a key in the traffic that hold what is typed of it; none while they are on their way. */
function useSeenValues(key: string | null, part: string): readonly string[] {
  const asked =
    key === null ? '' : `/api/investigate/values?${new URLSearchParams({ key, part: part.slice(0, 200) })}`;
  const [answer, setAnswer] = useState<{ asked: string; values: string[] }>({ asked: '', values: [] });
  useEffect(() => {
    if (asked === '') return;
    const cut = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const response = await fetch(asked, { signal: cut.signal });
        if (!response.ok) return;
        const { values } = (await response.json()) as { values: string[] };
        setAnswer({ asked, values });
      } catch {
        // Typed on, or away: the line works without.
      }
    }, WAIT_MS);
    return () => {
      clearTimeout(timer);
      cut.abort();
    };
  }, [asked]);
  return answer.asked === asked ? answer.values : [];
}
