import type { SinceLive as Figures } from '#lib/rollouts/since-live';
import { RelativeTime } from './relative-time.tsx';
import classes from './since-live.module.css';

const count = (n: number) => n.toLocaleString('en');
const rate = (n: number) => n.toLocaleString('en', { maximumFractionDigits: 1 });

/** Is it over? What was served and what was blocked of the same thing since its rules went live. */
export function SinceLive({ figures }: { figures: Figures | null }) {
  if (!figures) return null;
  const { since, rules, served, blocked, lastServedAt, servedPerMinute, blockedPerMinute, acted } = figures;
  return (
    <dl className={classes.band} aria-label="Since the rules went live">
      <div>
        <dt>Live since</dt>
        <dd>
          <RelativeTime at={since} /> ({rules.join(', ')})
        </dd>
      </div>
      <div>
        <dt>Served since</dt>
        <dd data-tone={served > 0 ? 'bad' : 'good'}>{count(served)}</dd>
      </div>
      <div>
        <dt>Last served</dt>
        <dd>{lastServedAt ? <RelativeTime at={lastServedAt} /> : 'never'}</dd>
      </div>
      <div>
        <dt>Blocked since</dt>
        <dd>{count(blocked)}</dd>
      </div>
      <div>
        <dt>Per minute, of the last five</dt>
        <dd>
          {rate(servedPerMinute)} served, {rate(blockedPerMinute)} blocked
        </dd>
      </div>
      <div>
        <dt>Acted on by instances</dt>
        <dd>{count(acted)}</dd>
      </div>
    </dl>
  );
}
