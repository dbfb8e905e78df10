import { RelativeTime } from '#components/relative-time';
import type { PublishTiming } from '#lib/fleet/queries';
import { clockLabel } from '#lib/time';
import classes from './fleet.module.css';
import { RollBackButton } from './roll-back-button.tsx';

const label = (ms: number | null) => (ms === null ? '–' : clockLabel(Math.max(1, ms)));
const bound = (ms: number) => (ms < 1_000 ? `${ms} ms` : `${ms / 1_000} s`);

type Props = { publishes: PublishTiming[]; bucketsMs: number[]; canRollBack: boolean };

/** Time to adopt of the last publishes: one small histogram each, fastest bar on the left. */
export function PublishTimes({ publishes, bucketsMs, canRollBack }: Props) {
  const names = [...bucketsMs.map((ms) => `within ${bound(ms)}`), `over ${bound(bucketsMs.at(-1) ?? 0)}`];
  return (
    <section aria-labelledby="times" className={classes.section}>
      <h2 id="times" className={classes.heading}>
        How fast the last publishes arrived
      </h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by key. */}
      <section className={classes.scroll} tabIndex={0} aria-label="Last publishes">
        <table className={classes.times}>
          <caption className={classes.spoken}>Time from publish to active, newest publish first</caption>
          <thead>
            <tr>
              <th scope="col">Ruleset</th>
              <th scope="col">Published</th>
              <th scope="col">Instances by time to active</th>
              <th scope="col">p50</th>
              <th scope="col">p99</th>
              <th scope="col">Slowest</th>
              <th scope="col">Measured</th>
              <th scope="col">Why</th>
              {canRollBack && (
                <th scope="col">
                  <span className={classes.spoken}>Go back</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {publishes.map((publish, index) => (
              <tr key={publish.seq}>
                <th scope="row">{publish.seq}</th>
                <td>
                  <RelativeTime at={publish.publishedAt} />
                </td>
                <td>
                  <Bars counts={publish.counts} names={names} />
                </td>
                <td>{label(publish.p50Ms)}</td>
                <td>{label(publish.p99Ms)}</td>
                <td>{label(publish.lastActiveMs)}</td>
                <td>
                  {publish.measured}
                  {publish.late > 0 && <span className="quiet"> + {publish.late} late</span>}
                </td>
                <td className={classes.cause}>{publish.cause}</td>
                {canRollBack && (
                  <td>{index > 0 && <RollBackButton seq={publish.seq} isBefore={index === 1} />}</td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <p className={`${classes.note} ${classes.barsNote}`}>
        Bars, left to right: {names.join(', ')}. Below a hundred instances there is no p99.
      </p>
    </section>
  );
}

const HEIGHT = 24;
const WIDTH = 14;

function Bars({ counts, names }: { counts: number[]; names: string[] }) {
  const highest = Math.max(1, ...counts);
  const said = counts.flatMap((count, index) => (count > 0 ? [`${count} ${names[index]}`] : []));
  const text = said.length > 0 ? said.join(', ') : 'no instance measured';
  return (
    <svg className={classes.bars} width={counts.length * WIDTH} height={HEIGHT} role="img" aria-label={text}>
      <title>{text}</title>
      {counts.map((count, index) => {
        const height = count === 0 ? 1 : Math.max(3, Math.round((count / highest) * HEIGHT));
        return (
          <rect
            key={names[index]}
            x={index * WIDTH}
            y={HEIGHT - height}
            width={WIDTH - 2}
            height={height}
            data-empty={count === 0 || undefined}
          />
        );
      })}
    </svg>
  );
}
