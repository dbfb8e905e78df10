'use client';

import { ActionIcon, Button, Popover, TextInput } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { type KeyboardEvent, useState } from 'react';
import { attempt } from '#components/attempt';
import { Keys, useShortcuts } from '#components/shell/shortcuts';
import type { SavedView } from '#lib/preferences/schema';
import { saveViewsAction } from './actions.ts';
import classes from './queue.module.css';

type SavedViewsProps = {
  /** All of the person's, also of other pages. */
  views: SavedView[];
  /** The filters of the address, without `?`; empty where nothing is filtered. */
  query: string;
};

const PATH = '/queue';

/** Filters under a name: saved, opened by key or with Ctrl-K, removed. */
export function SavedViews({ views, query }: SavedViewsProps) {
  const router = useRouter();
  const [open, setOpen] = useState<'save' | 'list' | null>(null);
  const [name, setName] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const mine = views.filter(({ path }) => path === PATH);
  const current = mine.find((view) => view.query === query);

  async function keep(next: SavedView[]): Promise<boolean> {
    const answer = await attempt(saveViewsAction({ views: next }));
    setProblem(answer.ok ? null : answer.message);
    return answer.ok;
  }

  async function save() {
    const trimmed = name.trim();
    if (trimmed === '') return setProblem('Give it a name.');
    const others = views.filter((view) => view.path !== PATH || view.name !== trimmed);
    if (await keep([...others, { name: trimmed, path: PATH, query }])) {
      setOpen(null);
      setName('');
    }
  }

  function go(view: SavedView) {
    setOpen(null);
    router.push(view.query === '' ? PATH : `${PATH}?${view.query}`);
  }

  function pick(event: KeyboardEvent) {
    const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
    const view = digit === undefined ? undefined : mine[Number(digit) - 1];
    if (!view) return;
    event.preventDefault();
    go(view);
  }

  const group = 'Queue';
  useShortcuts([
    { act: 'queue.views', label: 'Open saved filters', group, run: () => setOpen('list') },
    ...(query === ''
      ? []
      : [{ act: 'queue.save', label: 'Save these filters', group, run: () => setOpen('save') }]),
  ]);

  return (
    <div className={classes.saved}>
      <Popover
        opened={open === 'list'}
        onChange={(now) => setOpen(now ? 'list' : null)}
        trapFocus
        returnFocus
        position="bottom-start"
      >
        <Popover.Target>
          <Button
            size="xs"
            variant="default"
            onClick={() => setOpen(open === 'list' ? null : 'list')}
            rightSection={<Keys act="queue.views" />}
          >
            {current ? `Saved: ${current.name}` : 'Saved filters'}
          </Button>
        </Popover.Target>
        <Popover.Dropdown aria-label="Saved filters" onKeyDown={pick}>
          {mine.length === 0 && <p className={classes.marks}>Choose filters, then save them under a name.</p>}
          <ol className={classes.viewList}>
            {mine.map((view, index) => (
              <li key={view.name}>
                <Link href={view.query === '' ? PATH : `${PATH}?${view.query}`} onClick={() => setOpen(null)}>
                  {view.name}
                </Link>
                {index < 9 && <Keys keys={String(index + 1)} />}
                <ActionIcon
                  size="sm"
                  variant="subtle"
                  color="gray"
                  aria-label={`Remove ${view.name}`}
                  onClick={() => keep(views.filter((each) => each !== view))}
                >
                  <IconX size={14} aria-hidden="true" />
                </ActionIcon>
              </li>
            ))}
          </ol>
          {problem && <p role="alert">{problem}</p>}
        </Popover.Dropdown>
      </Popover>
      {query !== '' && !current && (
        <Popover
          opened={open === 'save'}
          onChange={(now) => setOpen(now ? 'save' : null)}
          trapFocus
          returnFocus
          position="bottom-start"
        >
          <Popover.Target>
            <Button
              size="xs"
              variant="default"
              onClick={() => setOpen(open === 'save' ? null : 'save')}
              rightSection={<Keys act="queue.save" />}
            >
              Save these
            </Button>
          </Popover.Target>
          <Popover.Dropdown aria-label="Save these filters">
            <form
              className={classes.saved}
              onSubmit={(event) => {
                event.preventDefault();
                save();
              }}
            >
              <TextInput
                size="xs"
                data-autofocus
                label="Name"
                placeholder="such as: critical Python"
                value={name}
                maxLength={60}
                error={problem}
                onChange={(event) => setName(event.currentTarget.value)}
              />
              <Button size="xs" type="submit">
                Save
              </Button>
            </form>
          </Popover.Dropdown>
        </Popover>
      )}
    </div>
  );
}
