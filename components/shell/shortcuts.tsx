'use client';

import { Modal, Table } from '@mantine/core';
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from 'react';

export type Shortcut = {
  /** One key such as `h`, `Enter` or `?`, or a sequence such as `g q`. */
  keys: string;
  label: string;
  run: () => void;
  /** Also while the key is held down; for moving, never for acts. */
  repeats?: true;
};

type Registry = { add: (group: { current: Shortcut[] }) => () => void; openSheet: () => void };

const ShortcutContext = createContext<Registry | null>(null);

/** How long the first key of a sequence waits for the second. */
const SEQUENCE_MS = 1_000;

// A closed list of choices may stay in the page unseen.
function isCovered(): boolean {
  const layers = document.querySelectorAll('[role=dialog], [role=menu], [role=listbox]');
  return [...layers].some((layer) => layer.checkVisibility());
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target.matches('input:not([type=checkbox]):not([type=radio]), textarea, select'))
  );
}

/** Owns the keyboard of the page: finds the shortcut for a key and shows all of them under `?`. */
export function ShortcutProvider({ children }: { children: ReactNode }) {
  const groups = useRef(new Set<{ current: Shortcut[] }>());
  const [sheet, setSheet] = useState<Shortcut[] | null>(null);

  const registry = useMemo<Registry>(
    () => ({
      add(group) {
        groups.current.add(group);
        return () => groups.current.delete(group);
      },
      openSheet: () => setSheet(all(groups.current)),
    }),
    [],
  );

  useEffect(() => {
    let pending = '';
    let timer: ReturnType<typeof setTimeout> | undefined;
    function onKeyDown(event: KeyboardEvent) {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target))
        return;
      // A focused button keeps Enter and Space; what lies over the page keeps every key.
      if (isCovered() || event.key === 'Shift') return;
      if (
        (event.key === 'Enter' || event.key === ' ') &&
        event.target instanceof HTMLElement &&
        event.target.matches('a, button, summary')
      )
        return;
      const known = all(groups.current);
      if (event.repeat && !known.some(({ keys, repeats }) => repeats && keys === event.key)) return;
      clearTimeout(timer);
      const keys = pending ? `${pending} ${event.key}` : event.key;
      const hit = known.find((shortcut) => shortcut.keys === keys);
      if (known.some((shortcut) => shortcut.keys.startsWith(`${keys} `))) {
        pending = keys;
        timer = setTimeout(() => {
          pending = '';
          hit?.run();
        }, SEQUENCE_MS);
        event.preventDefault();
        return;
      }
      // A sequence nobody knows is dropped whole: its second key alone could decide something.
      const alone = pending === '';
      pending = '';
      if (event.key === '?' && alone && !hit) setSheet(known);
      else if (!hit) return;
      event.preventDefault();
      hit?.run();
    }
    document.addEventListener('keydown', onKeyDown);
    // Keys before this moment go nowhere; tests wait for it as people do without noticing.
    document.documentElement.dataset.keys = 'ready';
    return () => {
      clearTimeout(timer);
      document.removeEventListener('keydown', onKeyDown);
    };
  }, []);

  return (
    <ShortcutContext value={registry}>
      {children}
      <Modal opened={sheet !== null} onClose={() => setSheet(null)} title="Keys on this page" centered>
        <Table>
          <Table.Tbody>
            {sheet?.map((shortcut) => (
              <Table.Tr key={shortcut.keys}>
                <Table.Td w={120}>
                  <Keys keys={shortcut.keys} />
                </Table.Td>
                <Table.Td>{shortcut.label}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Modal>
    </ShortcutContext>
  );
}

// The newest registration wins, so that a page can override the shell.
function all(groups: Set<{ current: Shortcut[] }>): Shortcut[] {
  const byKeys = new Map<string, Shortcut>();
  for (const group of [...groups].reverse())
    for (const shortcut of group.current) if (!byKeys.has(shortcut.keys)) byKeys.set(shortcut.keys, shortcut);
  return [...byKeys.values()];
}

/** Registers keys while the component is mounted; they appear in the `?` sheet. */
export function useShortcuts(shortcuts: Shortcut[]): void {
  const registry = useContext(ShortcutContext);
  const group = useRef(shortcuts);
  useEffect(() => {
    group.current = shortcuts;
  });
  useEffect(() => registry?.add(group), [registry]);
}

/** Opens the sheet of keys, for people who have no `?` key at hand. */
export function useShortcutSheet(): () => void {
  const registry = useContext(ShortcutContext);
  return registry?.openSheet ?? (() => undefined);
}

/** A key hint such as on buttons. */
export function Keys({ keys }: { keys: string }) {
  return (
    <span aria-hidden="true">
      {keys.split(' ').map((key) => (
        <kbd key={key} className="key">
          {key}
        </kbd>
      ))}
    </span>
  );
}
