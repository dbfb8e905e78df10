'use client';

import { ActionIcon, Button, Popover, TextInput } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { type KeyboardEvent, useRef, useState } from 'react';
import type { ActionResult } from '#lib/action';
import type { SavedView } from '#lib/preferences/schema';
import { attempt } from './attempt.tsx';
import classes from './saved-views.module.css';
import { Keys, useShortcuts } from './shell/shortcuts.tsx';

type SavedViewsProps = {
  /** The page whose filters these are, and what it is called. */
  path: string;
  group: string;
  /** Keeps all of the person's, also of other pages. */
  keep: (input: { views: SavedView[] }) => Promise<ActionResult<unknown>>;
  /** All of the person's, also of other pages. */
  views: SavedView[];
  /** The filters of the address, without `?`; empty where nothing is filtered. */
  query: string;
};

const hrefOf = ({ path, query }: SavedView) => (query === '' ? path : `${path}?${query}`);
const mineOf = ({ views, path }: SavedViewsProps) => views.filter((view) => view.path === path);

/** Why it was not kept; null when it was. */
async function problemOf(keeping: Promise<ActionResult<unknown>>): Promise<string | null> {
  const answer = await attempt(keeping);
  return answer.ok ? null : answer.message;
}

/** Filters under a name, as tabs; on the first, which `V` goes to, and on the others a digit opens one. */
export function SavedViews(props: SavedViewsProps) {
  const { views, query, group, keep } = props;
  const router = useRouter();
  const first = useRef<HTMLAnchorElement>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const mine = mineOf(props);
  useShortcuts(
    mine.length === 0
      ? []
      : [
          {
            act: 'queue.views',
            label: 'Saved filters, then a digit',
            group,
            run: () => first.current?.focus(),
          },
        ],
  );
  if (mine.length === 0) return null;

  function pick(event: KeyboardEvent) {
    const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
    const view = digit === undefined ? undefined : mine[Number(digit) - 1];
    if (!view) return;
    event.preventDefault();
    router.push(hrefOf(view));
  }

  return (
    <nav aria-label="Saved filters" className={classes.tabRow} onKeyDown={pick}>
      {mine.map((view, index) => {
        const current = view.query === query;
        return (
          <span key={view.name} className={classes.savedTab}>
            <Link
              ref={index === 0 ? first : undefined}
              href={hrefOf(view)}
              className={classes.tab}
              aria-current={current ? 'page' : undefined}
            >
              {view.name}
              {index < 9 && <Keys keys={String(index + 1)} />}
            </Link>
            {current && (
              <ActionIcon
                size="sm"
                variant="subtle"
                color="gray"
                aria-label={`Remove the saved filters ${view.name}`}
                onClick={async () =>
                  setProblem(await problemOf(keep({ views: views.filter((each) => each !== view) })))
                }
              >
                <IconX size={14} aria-hidden="true" />
              </ActionIcon>
            )}
          </span>
        );
      })}
      {problem && <span role="alert">{problem}</span>}
    </nav>
  );
}

/** Keeps the filters of the address under a name; nothing where there are none or they are kept already. */
export function SaveView(props: SavedViewsProps) {
  const { views, query, path, group, keep } = props;
  const [open, setOpen] = useState(false);
  const [name, setName] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const may = query !== '' && !mineOf(props).some((view) => view.query === query);
  useShortcuts(
    may ? [{ act: 'queue.save', label: 'Save these filters', group, run: () => setOpen(true) }] : [],
  );
  if (!may) return null;

  async function save() {
    const trimmed = name.trim();
    if (trimmed === '') return setProblem('Give it a name.');
    const others = views.filter((view) => view.path !== path || view.name !== trimmed);
    const refused = await problemOf(keep({ views: [...others, { name: trimmed, path, query }] }));
    setProblem(refused);
    if (refused !== null) return;
    setOpen(false);
    setName('');
  }

  return (
    <Popover opened={open} onChange={setOpen} trapFocus returnFocus position="bottom-end">
      <Popover.Target>
        <Button
          size="xs"
          variant="default"
          onClick={() => setOpen(!open)}
          rightSection={<Keys act="queue.save" />}
        >
          Save
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label="Save these filters">
        <form
          className={classes.fields}
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
  );
}
