'use client';

import { Modal } from '@mantine/core';
import { keyCaps } from './key-names.tsx';
import classes from './shortcut-sheet.module.css';
import type { BoundShortcut } from './shortcuts.tsx';

/** Every key of this page, in groups side by side, so that it reads at a glance. */
export function ShortcutSheet({
  shortcuts,
  onClose,
}: {
  shortcuts: BoundShortcut[] | null;
  onClose: () => void;
}) {
  const groups = Map.groupBy(shortcuts ?? [], ({ group }) => group || 'This page');
  return (
    <Modal opened={shortcuts !== null} onClose={onClose} title="Keys on this page" size="60rem" centered>
      <div className={classes.groups}>
        {[...groups].map(([name, rows]) => (
          <section key={name} className={classes.group} aria-label={name}>
            <h2 className={classes.title}>{name}</h2>
            <dl className={classes.rows}>
              {rows.map(({ keys, label }) => (
                <div key={keys} className={classes.row}>
                  <dt>
                    {keyCaps(keys).map((cap) => (
                      <kbd key={cap} className="key">
                        {cap}
                      </kbd>
                    ))}
                  </dt>
                  <dd>{label}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <p className={classes.foot}>
        Any of the keys for reviewing can be changed under Your account. Ctrl K finds acts by name.
      </p>
    </Modal>
  );
}
