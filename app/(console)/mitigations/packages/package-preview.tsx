'use client';

import { Button } from '@mantine/core';
import { useState } from 'react';
import { Visible } from '#components/diff/visible';
import type { MergedPackage, Reading } from '#lib/package-lists/merge';
import { reachOf } from '#sdk/packages/reach';
import { LIMITS } from '#sdk/rule';
import composer from '../composer.module.css';
import { counted } from '../words.ts';
import classes from './packages.module.css';

const PAGE = 10;

type Props = {
  /** Null while a long list is still read. */
  reading: Reading | null;
  /** The one language of the scope, if it has one. */
  language: string | undefined;
};

/** What was read in a pasted list, and what was not: nothing is dropped without a word. */
export function PackagePreview({ reading, language }: Props) {
  if (!reading) {
    return (
      <div className={classes.reading} role="status">
        <progress aria-label="Reading the list" /> Reading the list…
      </div>
    );
  }
  const { packages, notUnderstood } = reading;
  if (packages.length === 0 && notUnderstood.length === 0) return null;
  return (
    <div className={classes.preview}>
      <p className={composer.hint} role="status">
        {summaryOf(reading)}
      </p>
      {packages.length > LIMITS.packages && (
        <p role="alert" className={composer.problem}>
          A rule takes at most {LIMITS.packages.toLocaleString('en')} packages. Split the list over several
          rules.
        </p>
      )}
      {packages.length > 0 && <PackageTable key={packages.length} packages={packages} language={language} />}
      {notUnderstood.length > 0 && <NotUnderstood lines={notUnderstood} />}
    </div>
  );
}

/** "Read as OSV: 7 packages. 2 entries repeat a package. 6 packages have listed versions. 1 entry was not understood." */
function summaryOf({ form, counts }: Reading): string {
  const { packages, repeated, withVersions } = counts;
  return [
    `Read as ${form}: ${counted(packages, 'package')}.`,
    ...(repeated > 0 ? [`${counted(repeated, 'entry repeats', 'entries repeat')} a package.`] : []),
    ...(withVersions > 0
      ? [`${counted(withVersions, 'package has', 'packages have')} listed versions; only these match.`]
      : []),
    ...(counts.notUnderstood > 0
      ? [`${counted(counts.notUnderstood, 'entry was', 'entries were')} not understood.`]
      : []),
  ].join(' ');
}

type TableProps = { packages: readonly MergedPackage[]; language: string | undefined };

function PackageTable({ packages, language }: TableProps) {
  const [page, setPage] = useState(0);
  return (
    <>
      <div className={classes.scroll}>
        <table className={classes.table}>
          <caption className="spoken">Packages that were read</caption>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Ecosystem</th>
              <th scope="col">Versions</th>
              <th scope="col">Line</th>
            </tr>
          </thead>
          <tbody>
            {packages.slice(page * PAGE, (page + 1) * PAGE).map((each) => (
              <tr key={`${each.ecosystem} ${each.name}`}>
                <td>
                  <NameReach each={each} language={language} />
                </td>
                <td>{each.ecosystem ?? 'any'}</td>
                <td>{versionWords(each.versions)}</td>
                <td className="tabular">{placeWords(each)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Pages page={page} all={packages.length} what="packages" onPage={setPage} />
    </>
  );
}

/** A name, unfolded into what a rule that looks for imports and installs finds by it, and what not. */
function NameReach({ each, language }: { each: MergedPackage; language: string | undefined }) {
  const { finds, misses } = reachOf(each.name, each.ecosystem ?? undefined, language);
  return (
    <details>
      <summary className={composer.mono}>
        <Visible text={each.name} />
      </summary>
      <p className={composer.hint}>Read from: {each.field}</p>
      <p className={composer.hint}>Finds {finds.join(' ')}</p>
      {misses.length > 0 && <p className={composer.hint}>Does not find: {misses.join(' ')}</p>}
    </details>
  );
}

function versionWords(versions: readonly string[] | null): string {
  if (!versions) return 'all';
  const more = versions.length - 3;
  return `${versions.slice(0, 3).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function placeWords({ lines: [first = 1, ...more] }: MergedPackage): string {
  return `${first.toLocaleString('en')}${more.length > 0 ? ` and ${more.length} more` : ''}`;
}

function NotUnderstood({ lines }: { lines: Reading['notUnderstood'] }) {
  const [page, setPage] = useState(0);
  return (
    <details className={classes.not} open>
      <summary>Not understood, so not part of the rule: {lines.length.toLocaleString('en')}</summary>
      <ul>
        {lines.slice(page * PAGE, (page + 1) * PAGE).map(({ line, text, why }, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the same line may be refused for several reasons.
          <li key={`${line} ${at}`}>
            Line {line.toLocaleString('en')}:{' '}
            <span className={composer.mono}>
              <Visible text={text} />
            </span>{' '}
            (<Visible text={why} />)
          </li>
        ))}
      </ul>
      <Pages page={page} all={lines.length} what="lines" onPage={setPage} />
    </details>
  );
}

type PagesProps = { page: number; all: number; what: string; onPage: (page: number) => void };

function Pages({ page, all, what, onPage }: PagesProps) {
  if (all <= PAGE) return null;
  const last = Math.ceil(all / PAGE) - 1;
  const from = page * PAGE + 1;
  return (
    <div className={classes.pages}>
      <Button size="compact-xs" variant="default" disabled={page === 0} onClick={() => onPage(page - 1)}>
        Previous {what}
      </Button>
      <span>
        {from.toLocaleString('en')} to {Math.min(all, from + PAGE - 1).toLocaleString('en')} of{' '}
        {all.toLocaleString('en')}
      </span>
      <Button size="compact-xs" variant="default" disabled={page === last} onClick={() => onPage(page + 1)}>
        Next {what}
      </Button>
    </div>
  );
}
