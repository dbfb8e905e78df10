import classes from '../mitigations.module.css';

type Props = {
  /** How many approvals by others it needs. */
  approvals: 0 | 1;
  reasons: readonly string[];
  /** Who has approved this version, by name. */
  approvedBy: readonly string[];
  author: string;
  /** Why this person cannot be the one. */
  own: string | null;
};

/** Who may let this rule out, and what about it decides that. */
export function Requirement({ approvals, reasons, approvedBy, author, own }: Props) {
  const done = approvals === 0 || approvedBy.length > 0;
  return (
    <section className={classes.requirement} data-done={done || undefined} aria-label="Approval">
      <p>
        <strong>{requirementWords({ approvals, approvedBy, author })}</strong> {own}
      </p>
      {approvedBy.length === 0 && reasons.length > 0 && (
        <ul>
          {reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** The requirement as one sentence, also for the dialog. */
export function requirementWords({ approvals, approvedBy, author }: Omit<Props, 'reasons' | 'own'>): string {
  if (approvedBy.length > 0) return `Approved by ${approvedBy.join(' and ')}.`;
  return approvals === 0 ? 'One commander may publish it alone.' : `Needs somebody else than ${author}.`;
}
