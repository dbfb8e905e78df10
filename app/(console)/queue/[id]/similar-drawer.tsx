'use client';

import { Drawer } from '@mantine/core';
import Link from 'next/link';
import { useEffect, useState } from 'react';
import { Visible } from '#components/diff/visible';
import { SeverityBadge } from '#components/severity-badge';
import type { SimilarInteraction } from '#lib/clusters/similar';
import { Differences } from '../../clusters/differences.tsx';
import classes from './workbench.module.css';

type Row = Pick<SimilarInteraction, 'id' | 'similarity' | 'ref' | 'severity' | 'title' | 'differences'>;

type SimilarDrawerProps = { interactionId: string | null; onClose: () => void };

/** What is like the item, beside it: the item stays open and held. */
export function SimilarDrawer({ interactionId, onClose }: SimilarDrawerProps) {
  return (
    <Drawer
      opened={interactionId !== null}
      onClose={onClose}
      position="right"
      size={420}
      title="Similar items"
      transitionProps={{ duration: 0 }}
    >
      {interactionId && <SimilarRows key={interactionId} interactionId={interactionId} />}
    </Drawer>
  );
}

function SimilarRows({ interactionId }: { interactionId: string }) {
  const [found, setFound] = useState<Row[] | string | null>(null);
  useEffect(() => {
    const controller = new AbortController();
    fetch(`/api/queue/similar?interactionId=${interactionId}`, { signal: controller.signal })
      .then(async (response) => {
        if (!response.ok) throw new Error();
        setFound(((await response.json()) as { items: Row[] }).items);
      })
      .catch(() => {
        if (!controller.signal.aborted) setFound('Similar items did not load. Close this and try again.');
      });
    return () => controller.abort();
  }, [interactionId]);
  if (found === null) return <p className="quiet">Looking…</p>;
  if (typeof found === 'string') return <p role="alert">{found}</p>;
  if (found.length === 0)
    return <p>Nothing flagged so far is like this. What arrived in the last seconds may still be read.</p>;
  return (
    <ul className={classes.similar}>
      {found.map(({ id, similarity, ref, severity, title, differences }) => (
        <li key={id}>
          <SeverityBadge severity={severity} />
          <div>
            <Link href={`/interactions/${id}`} target="_blank">
              <Visible text={title} />
            </Link>
            <p className="quiet">
              {similarity === 1 ? 'same form' : `${Math.round(similarity * 100)} % alike`}
              {ref && ` · ${ref}`}
            </p>
            <Differences differences={differences} />
          </div>
        </li>
      ))}
    </ul>
  );
}
