'use client';

import { Alert, Button } from '@mantine/core';
import Link from 'next/link';
import { useState } from 'react';
import { Keys, useShortcuts } from '#components/shell/shortcuts';
import type { CurrentPolicy } from '#lib/policies/queries';
import { orderPoliciesAction, retirePolicyAction } from '../actions.ts';
import { type Change, ConfirmChange } from '../people/confirm-change.tsx';
import classes from '../settings.module.css';
import { useOrder } from '../use-order.ts';
import { type EditedPolicy, PolicyDrawer } from './policy-form.tsx';

/** The policies in force, in the order of their digit keys. */
export function PolicyList({ policies, mayChange }: { policies: CurrentPolicy[]; mayChange: boolean }) {
  const [edited, setEdited] = useState<EditedPolicy | null>(null);
  const [drawer, setDrawer] = useState(false);
  const [change, setChange] = useState<Change | null>(null);
  const [asking, setAsking] = useState(false);
  const { busy, problem, move } = useOrder(
    policies.map(({ key }) => key),
    (keys) => orderPoliciesAction({ keys }),
  );

  function open(policy: EditedPolicy | null) {
    setEdited(policy);
    setDrawer(true);
  }
  useShortcuts(mayChange ? [{ keys: 'c', label: 'New policy', run: () => open(null) }] : []);

  function retire({ key, version, title }: CurrentPolicy) {
    setChange({
      title: `Retire “${title}”?`,
      words: 'Nobody can cite it from now on, and its key is not used again. Decisions that cite it keep it.',
      confirm: 'Retire',
      done: `“${title}” is retired.`,
      run: () => retirePolicyAction({ key, version }),
    });
    setAsking(true);
  }

  return (
    <>
      {mayChange && (
        <Button mb={12} onClick={() => open(null)} rightSection={<Keys keys="c" />}>
          New policy
        </Button>
      )}
      {problem && (
        <Alert color="red" variant="outline" role="alert" mb={12}>
          {problem}
        </Alert>
      )}
      <ol className={classes.list}>
        {policies.map((policy, index) => (
          <li key={policy.id} className={classes.item}>
            <div className={classes.words}>
              <h2 className={classes.name}>
                {index < 9 && <Keys keys={String(index + 1)} />}{' '}
                <Link href={`/settings/policies/${encodeURIComponent(policy.key)}`} prefetch={false}>
                  {policy.title}
                </Link>
              </h2>
              <p className={classes.line}>{policy.text}</p>
              <p className={`${classes.line} quiet`}>
                Version {policy.version}, {policy.examples.length}{' '}
                {policy.examples.length === 1 ? 'example' : 'examples'}
                {policy.reasonRequired && '; a decision under it says why'}
              </p>
            </div>
            {mayChange && (
              <div className={classes.acts}>
                <Button
                  size="compact-xs"
                  variant="default"
                  aria-disabled={busy || index === 0}
                  onClick={() => move(policy.key, policy.title, -1)}
                >
                  Up<span className="spoken">, {policy.title}</span>
                </Button>
                <Button
                  size="compact-xs"
                  variant="default"
                  aria-disabled={busy || index === policies.length - 1}
                  onClick={() => move(policy.key, policy.title, 1)}
                >
                  Down<span className="spoken">, {policy.title}</span>
                </Button>
                <Button size="compact-xs" variant="default" onClick={() => open(policy)}>
                  Revise<span className="spoken"> {policy.title}</span>
                </Button>
                <Button size="compact-xs" variant="default" onClick={() => retire(policy)}>
                  Retire<span className="spoken"> {policy.title}</span>
                </Button>
              </div>
            )}
          </li>
        ))}
      </ol>
      <PolicyDrawer policy={edited} opened={drawer} onClose={() => setDrawer(false)} />
      <ConfirmChange change={change} opened={asking} onClose={() => setAsking(false)} />
    </>
  );
}
