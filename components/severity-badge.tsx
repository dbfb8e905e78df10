import classes from './badges.module.css';

const LOOK: Record<string, { letter: string; label: string; shape: string }> = {
  low: { letter: 'L', label: 'low', shape: '○' },
  medium: { letter: 'M', label: 'medium', shape: '◐' },
  high: { letter: 'H', label: 'high', shape: '●' },
  critical: { letter: 'C', label: 'critical', shape: '▲' },
  sev4: { letter: 'SEV4', label: 'severity 4', shape: '○' },
  sev3: { letter: 'SEV3', label: 'severity 3', shape: '◐' },
  sev2: { letter: 'SEV2', label: 'severity 2', shape: '●' },
  sev1: { letter: 'SEV1', label: 'severity 1', shape: '▲' },
};

/** Severity by shape and letter first, colour second. */
export function SeverityBadge({ severity }: { severity: string }) {
  const look = LOOK[severity] ?? { letter: severity, label: severity, shape: '○' };
  return (
    <span className={classes.severity} data-severity={severity} title={look.label}>
      <span aria-hidden="true">
        {look.shape} {look.letter}
      </span>
      <span className={classes.spoken}>{look.label}</span>
    </span>
  );
}
