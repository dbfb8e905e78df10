import type { Band } from '#lib/reviews/priority';
import classes from './queue.module.css';

// The name of the band is the mark; how full the shape is says the same to the corner of the eye.
const SHAPES: Record<Band, string> = { now: '▮▮▮▮', soon: '▮▮▮▯', today: '▮▮▯▯', later: '▮▯▯▯' };

/** How soon a decision is due, with why on hover. */
export function BandMark({ band, why }: { band: Band; why: string }) {
  return (
    <span className={classes.band} data-band={band} title={why}>
      <span aria-hidden="true">{SHAPES[band]}</span> {band}
    </span>
  );
}
