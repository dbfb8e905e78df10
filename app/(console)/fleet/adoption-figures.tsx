import type { Adoption } from '#lib/fleet/adoption';
import { clockLabel } from '#lib/time';
import classes from './fleet.module.css';

const label = (ms: number | null) => (ms === null ? 'not measured' : clockLabel(Math.max(1, ms)));

type Props = { adoption: Adoption; proof: { released: number; unscanned: number } };

/** The row of figures one can trust: of the newest ruleset, over all that serve, silent ones too. */
export function AdoptionFigures({ adoption, proof }: Props) {
  const { seq, active, instances, failed, lagging, gone, measured, late, p50Ms, p99Ms, lastActiveMs } =
    adoption;
  const ahead = lagging.filter(({ activeSeq }) => activeSeq > seq).length;
  const behind = lagging.length - ahead;
  const figures = [
    {
      name: `have ruleset ${seq} active`,
      value: `${active} of ${instances}`,
      tone: active === instances ? 'good' : 'wait',
    },
    ...(measured === 0
      ? []
      : [
          { name: 'publish to active, p50', value: label(p50Ms) },
          ...(p99Ms === null ? [] : [{ name: 'publish to active, p99', value: label(p99Ms) }]),
          { name: 'last one active after', value: label(lastActiveMs) },
        ]),
    ...(ahead > 0 ? [{ name: 'ahead of this database', value: String(ahead), tone: 'bad' }] : []),
    { name: 'lagging', value: String(behind), tone: behind > 0 ? 'wait' : undefined },
    { name: 'failed', value: String(failed.length), tone: failed.length > 0 ? 'bad' : undefined },
    { name: 'silent, not confirmed', value: String(gone), tone: gone > 0 ? 'wait' : undefined },
    ...(proof.released > 0
      ? [
          {
            name: `unscanned of ${proof.released.toLocaleString('en')} streamed characters`,
            value: proof.unscanned.toLocaleString('en'),
            tone: proof.unscanned > 0 ? 'bad' : 'good',
          },
        ]
      : []),
  ];
  return (
    <section aria-label="Adoption of the newest ruleset">
      <dl className={classes.figures}>
        {figures.map(({ name, value, tone }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd data-tone={tone}>{value}</dd>
          </div>
        ))}
      </dl>
      <p className={classes.note}>
        {measured === 0
          ? 'No timing: no instance was connected at the publish'
          : `Measured over the ${measured} ${measured === 1 ? 'instance' : 'instances'} connected at the publish`}
        {late > 0 && `; ${late} joined later`}.
      </p>
    </section>
  );
}
