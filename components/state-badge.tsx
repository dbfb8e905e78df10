import classes from './badges.module.css';

/** A state of an incident, rule, instance or item, as a quiet outlined word. */
export function StateBadge({ state }: { state: string }) {
  return (
    <span className={classes.state} data-state={state}>
      {state.replaceAll('_', ' ')}
    </span>
  );
}
