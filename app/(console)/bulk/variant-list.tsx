'use client';

import Link from 'next/link';
import { useState } from 'react';
import { CompletionDiff } from '#components/diff/completion-diff';
import { Visible } from '#components/diff/visible';
import { LinkButton } from '#components/link-button';
import { SeverityBadge } from '#components/severity-badge';
import type { BatchVariant } from '#lib/batches/variants';
import { Differences } from '../clusters/differences.tsx';
import classes from './bulk.module.css';

type VariantListProps = {
  variants: { items: BatchVariant[]; total: number };
  /** The address that lists more of them; null when all are listed or no more fit. */
  more: string | null;
  /** The item whose code stands above the list; without one the first answers to the keys for code. */
  above?: string | undefined;
  /** Whose standing decision is in force. */
  standingBy?: string | null;
};

/**
 * One of each variant with what differs and its code: what a decision reaches is what is listed here. Where the
 * differences do not say all, the code is open from the start.
 */
export function VariantList({
  variants: { items, total },
  more,
  above,
  standingBy = null,
}: VariantListProps) {
  return (
    <section aria-label="Variants">
      <h2 className={classes.heading}>
        {total === 1
          ? 'One variant'
          : `${items.length < total ? `${items.length} of ${total.toLocaleString('en')}` : total} variants`}
        : what is the same but for names and blanks
      </h2>
      <ul className={classes.samples}>
        {items.map((item, index) => (
          <Variant
            key={item.id}
            item={item}
            first={above === undefined && index === 0}
            above={item.id === above}
            standingBy={standingBy}
          />
        ))}
      </ul>
      {items.length < total && (
        <p className={classes.sampleHead}>
          {more ? (
            <LinkButton href={more} variant="default" size="xs">
              Show more variants
            </LinkButton>
          ) : (
            'No more fit on this page: decide or split what is here first.'
          )}
        </p>
      )}
    </section>
  );
}

type VariantProps = { item: BatchVariant; first: boolean; above: boolean; standingBy: string | null };

function Variant({ item, first, above, standingBy }: VariantProps) {
  const { differences } = item;
  const saysAll =
    differences !== null && differences.length > 0 && differences.every(({ isCut }) => isCut !== true);
  const [isOpen, setOpen] = useState(item.isAsked || (!above && (first || !saysAll)));
  const isAnswered = item.completion !== '';
  return (
    <li className={classes.sample}>
      <p className={classes.sampleHead}>
        <SeverityBadge severity={item.severity} />
        <Link href={item.open > 0 ? `/queue/${item.id}` : `/interactions/${item.id}`}>
          <Visible text={item.title} />
        </Link>
        {above && <span>the one above</span>}
        <span className="quiet">{countsOf(item)}</span>
        {item.covered && <span className="quiet">its like is decided by the standing decision</span>}
        {standingBy && !item.covered && <span>waits: not among what {standingBy} saw</span>}
        {differences !== null && !item.representative && <Differences differences={differences} />}
      </p>
      {!item.isWhole && (
        <p className={classes.problem}>
          Too long to be shown whole, so it is not decided with the others: open it by itself.
        </p>
      )}
      <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary className="quiet">Code</summary>
        {isOpen && (
          <>
            {item.isAsked && isAnswered && (
              <CompletionDiff
                before={null}
                completion={item.prompt}
                language="text"
                path="what was asked"
                findings={[]}
                active={false}
              />
            )}
            <CompletionDiff
              before={isAnswered ? item.before : null}
              completion={item.completion || item.prompt}
              language={isAnswered ? item.language : 'text'}
              path={item.path}
              findings={[]}
              active={first}
            />
          </>
        )}
      </details>
    </li>
  );
}

function countsOf({ alike, open }: BatchVariant): string {
  const all = alike === 1 ? '1 item' : `${alike.toLocaleString('en')} items`;
  return open === alike ? all : `${all}, ${open.toLocaleString('en')} to decide`;
}
