import Link from 'next/link';
import { Visible } from '#components/diff/visible';
import { SeverityBadge } from '#components/severity-badge';
import type { LinkedInteraction } from '#lib/incidents/queries';
import classes from './incidents.module.css';

/** So many stand open; a wave links dozens that read alike. */
const OPEN = 8;

/** Interactions as evidence: the first finding, and the first words of the prompt. */
export function LinkedList({ rows }: { rows: LinkedInteraction[] }) {
  const more = rows.slice(OPEN);
  return (
    <>
      <Rows rows={rows.slice(0, OPEN)} />
      {more.length > 0 && (
        <details className={classes.more}>
          <summary>{more.length.toLocaleString('en')} more</summary>
          <Rows rows={more} />
        </details>
      )}
    </>
  );
}

function Rows({ rows }: { rows: LinkedInteraction[] }) {
  return (
    <ul className={classes.linked}>
      {rows.map(({ id, finding, prompt, language, modelName, modelVersion }) => (
        <li key={id}>
          {finding && <SeverityBadge severity={finding.severity} />}
          <Link href={`/interactions/${id}`} prefetch={false}>
            <Visible text={findingTitle(finding)} />
          </Link>
          {finding?.cwe && <span className="quiet">{finding.cwe}</span>}
          <span className="quiet">
            <Visible text={`${language} · ${modelName} ${modelVersion}`} />
          </span>
          <span className={classes.prompt}>
            <Visible text={prompt.replaceAll(/\s+/g, ' ')} />
          </span>
        </li>
      ))}
    </ul>
  );
}

function findingTitle(finding: LinkedInteraction['finding']): string {
  if (!finding) return 'no finding';
  return finding.message || finding.rule || finding.category.replaceAll('_', ' ');
}
