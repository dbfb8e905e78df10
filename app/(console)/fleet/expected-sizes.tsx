'use client';

import { Button, Group, NumberInput, TextInput } from '@mantine/core';
import { type FormEvent, useState, useTransition } from 'react';
import { attempt } from '#components/attempt';
import type { ActionResult } from '#lib/action';
import { type Labels, labelsOf } from '#lib/fleet/label-text';
import { expectInstancesAction } from './actions.ts';
import classes from './fleet.module.css';

type Row = { key: string; words: string; labels: Labels; there: number; expected: number };

/** How many instances there should be; fewer is said in the headline and in the menu. */
export function ExpectedSizes({ rows, mayChange }: { rows: Row[]; mayChange: boolean }) {
  const [labels, setLabels] = useState('');
  const [expected, setExpected] = useState<number | string>('');
  const [problem, setProblem] = useState<string | null>(null);
  const [pending, startTransition] = useTransition();

  function change(input: { labels: Labels; expected: number | null }, done?: () => void) {
    startTransition(async () => {
      const answer: ActionResult<unknown> = await attempt(expectInstancesAction(input));
      setProblem(answer.ok ? null : answer.message);
      if (answer.ok) done?.();
    });
  }

  function add(event: FormEvent) {
    event.preventDefault();
    const read = labelsOf(labels);
    if (read === null)
      return setProblem('Write labels as region=eu, app=ide; leave it empty for the whole fleet.');
    change({ labels: read, expected: Number(expected) }, () => {
      setLabels('');
      setExpected('');
    });
  }

  if (rows.length === 0 && !mayChange) return null;
  return (
    <section aria-labelledby="expected" className={classes.section}>
      <h2 id="expected" className={classes.heading}>
        Expected sizes
      </h2>
      <ul className={classes.troubles}>
        {rows.map((row) => (
          <li key={row.key} data-short={row.there < row.expected || undefined}>
            {row.words}: {row.there} of {row.expected}
            {mayChange && (
              <>
                {' '}
                <Button
                  size="compact-xs"
                  variant="subtle"
                  disabled={pending}
                  onClick={() => change({ labels: row.labels, expected: null })}
                >
                  Remove<span className="spoken"> {row.words}</span>
                </Button>
              </>
            )}
          </li>
        ))}
        {rows.length === 0 && (
          <li className="quiet">
            None set. Set one to be warned when instances go away, also when they sign off as they should.
          </li>
        )}
      </ul>
      {mayChange && (
        <form onSubmit={add} aria-label="Set an expected size">
          <Group gap={8} align="flex-end">
            <TextInput
              label="Labels (empty: whole fleet)"
              placeholder="region=eu, app=ide"
              w={220}
              value={labels}
              onChange={(event) => setLabels(event.currentTarget.value)}
            />
            <NumberInput
              label="Instances"
              min={1}
              max={1_000_000}
              allowDecimal={false}
              required
              w={110}
              value={expected}
              onChange={setExpected}
            />
            <Button type="submit" variant="default" disabled={pending || expected === ''}>
              Set size
            </Button>
          </Group>
          {problem && (
            <p role="alert" className={classes.note}>
              {problem}
            </p>
          )}
        </form>
      )}
    </section>
  );
}
