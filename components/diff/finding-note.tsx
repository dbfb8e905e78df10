import { cweLabel } from '#lib/interactions/cwe';
import { SeverityBadge } from '../severity-badge.tsx';
import classes from './diff.module.css';
import { visibleText } from './visible-text.tsx';

/** A finding as the diff shows it. */
export type DiffFinding = {
  detector: string;
  rule: string | null;
  severity: string;
  cwe: string | null;
  message: string | null;
  start: number | null;
  end: number | null;
};

/** What one detector says, under the line it speaks of. */
export function FindingNote({ finding }: { finding: DiffFinding }) {
  const facts = [finding.detector, finding.rule, finding.cwe && cweLabel(finding.cwe)].filter((fact) => fact);
  return (
    <div className={classes.finding} data-severity={finding.severity} data-finding>
      <SeverityBadge severity={finding.severity} />
      <span className={classes.findingText}>
        {finding.message && <span>{visibleText(finding.message).text}</span>}
        <span className={classes.findingFacts}>
          {facts.map((fact) => visibleText(fact ?? '').text).join(' · ')}
        </span>
      </span>
    </div>
  );
}
