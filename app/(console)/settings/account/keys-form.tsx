'use client';

import { Button } from '@mantine/core';
import { type KeyboardEvent, useMemo, useState } from 'react';
import { attempt } from '#components/attempt';
import { isBindable, keyCaps, keyName } from '#components/shell/key-names';
import { ACTS, type Act, changed, conflictsOf, type Keymap, keysOf } from '#components/shell/keymap';
import { placesFor } from '#components/shell/navigation';
import type { Role } from '#lib/permissions';
import { changeKeysAction } from './actions.ts';
import classes from './keys-form.module.css';

/** Every act with its key: press a key to change it. What collides is shown, and cannot be kept. */
export function KeysForm({ kept, role }: { kept: Keymap; role: Role }) {
  const [keymap, setKeymap] = useState(kept);
  const [said, setSaid] = useState<{ good: boolean; text: string } | null>(null);
  const [busy, setBusy] = useState(false);
  const fixed = useMemo(() => fixedActs(role), [role]);
  const conflicts = conflictsOf(keymap, fixed);
  const own = ACTS.filter(({ id }) => conflicts.has(id));
  const same = JSON.stringify(sorted(changed(keymap))) === JSON.stringify(sorted(changed(kept)));
  const groups = Map.groupBy(ACTS, ({ group }) => group);

  function bind(id: string, keys: string) {
    setSaid(null);
    setKeymap((before) => ({ ...before, [id]: keys }));
  }

  async function save(next: Keymap) {
    if (busy) return;
    setBusy(true);
    const answer = await attempt(changeKeysAction({ keymap: changed(next) }));
    setBusy(false);
    setKeymap(next);
    setSaid(answer.ok ? { good: true, text: 'Your keys are kept.' } : { good: false, text: answer.message });
  }

  return (
    <section className={classes.section} aria-labelledby="keys-title">
      <h2 id="keys-title" className={classes.title}>
        Keys
      </h2>
      <p className={classes.lead}>
        Choose an act and press the key that it should have. Digits go by their place on the keyboard, with
        Shift or without; Escape leaves the field.
      </p>
      <div className={classes.groups}>
        {[...groups].map(([group, acts]) => (
          <fieldset key={group} className={classes.group}>
            <legend className={classes.legend}>{group}</legend>
            {acts.map((act) => (
              <KeyField
                key={act.id}
                act={act}
                keys={keysOf(keymap, act.id)}
                clash={conflicts.get(act.id)}
                onBind={(keys) => bind(act.id, keys)}
              />
            ))}
          </fieldset>
        ))}
      </div>
      <div className={classes.foot}>
        <Button onClick={() => save(keymap)} loading={busy} disabled={same || own.length > 0}>
          Keep these keys
        </Button>
        <Button
          variant="default"
          onClick={() => save({})}
          disabled={
            busy || (Object.keys(changed(keymap)).length === 0 && Object.keys(changed(kept)).length === 0)
          }
        >
          Back to the standard keys
        </Button>
        <span role="status" className={said?.good === false || own.length > 0 ? classes.bad : classes.lead}>
          {own.length > 0
            ? `${own.length} acts collide: give one of each another key.`
            : (said?.text ?? (same ? '' : 'Changed, not kept yet.'))}
        </span>
      </div>
    </section>
  );
}

type KeyFieldProps = { act: Act; keys: string; clash: string[] | undefined; onBind: (keys: string) => void };

function KeyField({ act, keys, clash, onBind }: KeyFieldProps) {
  function press(event: KeyboardEvent<HTMLInputElement>) {
    if (event.key === 'Escape') return event.currentTarget.blur();
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const name = keyName(event.nativeEvent);
    if (!isBindable(name)) return;
    event.preventDefault();
    onBind(name);
  }
  const isOwn = keys !== act.keys;
  return (
    <label className={classes.row}>
      <span>{act.label}</span>
      <input
        className={classes.key}
        value={keyCaps(keys).join(' ')}
        onChange={() => undefined}
        onKeyDown={press}
        data-own={isOwn || undefined}
        aria-invalid={clash !== undefined}
        size={8}
      />
      {clash && <span className={classes.clash}>also: {clash.join(', ')}</span>}
      {!clash && isOwn && <span className={classes.standard}>standard {keyCaps(act.keys).join(' ')}</span>}
    </label>
  );
}

// Keys that stay as they are and that no act may take.
function fixedActs(role: Role): Act[] {
  const everywhere = { group: 'Everywhere', scope: 'everywhere' } as const;
  return [
    ...placesFor(role).map(({ keys, label, href }) => ({
      ...everywhere,
      id: href,
      keys,
      label: `Go to ${label}`,
    })),
    { ...everywhere, id: 'filter', keys: '/', label: 'Filter or search' },
  ];
}

function sorted(keymap: Keymap): [string, string][] {
  return Object.entries(keymap).sort(([a], [b]) => (a < b ? -1 : 1));
}
