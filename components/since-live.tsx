import { overWords } from '#lib/rollouts/over-words';
import type { SinceLive as Figures } from '#lib/rollouts/since-live';
import { RelativeTime } from './relative-time.tsx';
import classes from './since-live.module.css';
import { SinceLiveChart } from './since-live-chart.tsx';

const count = (n: number) => n.toLocaleString('en');
const rate = (n: number) => n.toLocaleString('en', { maximumFractionDigits: 1 });

/** Is it over? What was served and what was blocked of the same thing since its rules began to act. */
export function SinceLive({ figures }: { figures: Figures | null }) {
  if (!figures) return null;
  const { since, rules, served, blocked, lastServedAt, servedPerMinute, blockedPerMinute, acted } = figures;
  const answer = overWords(figures);
  return (
    <section className={classes.band} aria-labelledby="is-it-over">
      <div className={classes.words}>
        <h2 id="is-it-over" className={classes.question}>
          Is it over?
        </h2>
        <p className={classes.answer} data-tone={answer.tone}>
          {answer.words}
        </p>
        <dl className={classes.figures}>
          <div>
            <dt>Acting since</dt>
            <dd>
              <RelativeTime at={since} /> ({rules.join(', ')})
            </dd>
          </div>
          <div>
            <dt>Served since</dt>
            <dd data-tone={served > 0 ? 'bad' : undefined}>{count(served)}</dd>
          </div>
          <div>
            <dt>Last served</dt>
            <dd>{lastServedAt ? <RelativeTime at={lastServedAt} /> : 'never'}</dd>
          </div>
          <div>
            <dt>Reported as blocked</dt>
            <dd>{count(blocked)}</dd>
          </div>
          <div>
            <dt>Per minute, last five</dt>
            <dd>
              {rate(servedPerMinute)} served, {rate(blockedPerMinute)} blocked
            </dd>
          </div>
          <div>
            <dt>Acted on by instances</dt>
            <dd>{count(acted)}</dd>
          </div>
        </dl>
      </div>
      <SinceLiveChart minutes={figures.minutes} />
    </section>
  );
}
