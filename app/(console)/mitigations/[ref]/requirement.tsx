import classes from '../mitigations.module.css';

type Props = {
  /** How many other people it needs. */
  approvals: 0 | 1 | 2;
  /** How many of them have not agreed yet. */
  missing: 0 | 1 | 2;
  reasons: readonly string[];
  /** Who has approved this version, by name. */
  approvedBy: readonly string[];
  author: string;
  /** Why this person cannot be the one. */
  own: string | null;
};

/** Who may let this rule out, and what about it decides that. */
export function Requirement({ approvals, missing, reasons, approvedBy, author, own }: Props) {
  const done = approvals === 0 || missing === 0;
  return (
    <section className={classes.requirement} data-done={done || undefined} aria-label="Approval">
      <p>
        <strong>{requirementWords({ approvals, missing, approvedBy, author })}</strong> {own}
      </p>
      {!done && reasons.length > 0 && (
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
export function requirementWords({
  approvals,
  missing,
  approvedBy,
  author,
}: Omit<Props, 'reasons' | 'own'>): string {
  if (approvedBy.length > 0) {
    const more = missing === 0 || approvals === 0 ? '' : ' It needs one more person, who may publish it.';
    return `Approved by ${approvedBy.join(' and ')}.${more}`;
  }
  if (approvals === 2) return 'Needs two people who are signed in: nobody knows who wrote it.';
  return approvals === 0
    ? 'One commander may publish it alone.'
    : `Waiting for a commander other than ${author}.`;
}
