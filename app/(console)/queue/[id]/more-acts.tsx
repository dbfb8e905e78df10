'use client';

import { Button, Menu } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { Keys } from '#components/shell/shortcuts';

type MoreActsProps = {
  acts: Record<
    'note' | 'cite' | 'skip' | 'hold' | 'handOver' | 'escalate' | 'mitigate' | 'similar' | 'hideList',
    () => void
  >;
};

/** What is done with an item besides deciding it, each with its key. */
export function MoreActs({ acts }: MoreActsProps) {
  const groups = [
    [
      ['Write a note', 'review.note', acts.note],
      ['Name a policy', null, acts.cite],
    ],
    [
      ['Skip', 'review.skip', acts.skip],
      ['Hold', 'review.hold', acts.hold],
      ['Hand over', 'review.handover', acts.handOver],
      ['Escalate', 'review.escalate', acts.escalate],
      ['Draft a rule', 'review.mitigate', acts.mitigate],
    ],
    [
      ['Similar items', 'review.similar', acts.similar],
      ['Show or hide the list', 'list.hide', acts.hideList],
    ],
  ] as const;
  return (
    // The act may open a panel that takes the focus; giving it back to the button would close that panel's trap.
    <Menu position="top-end" width={240} returnFocus={false}>
      <Menu.Target>
        <Button variant="default" px={12} aria-label="More to do with this item">
          <IconDots size={18} aria-hidden="true" />
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {groups.map((rows, index) => (
          <div key={rows[0][0]}>
            {index > 0 && <Menu.Divider />}
            {rows.map(([label, act, run]) => (
              <Menu.Item key={label} onClick={run} rightSection={act && <Keys act={act} />}>
                {label}
              </Menu.Item>
            ))}
          </div>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
