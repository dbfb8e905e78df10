/** Work of one decision; deterministic, so that the same text gives the same decision everywhere. */
export interface Work {
  units: number;
  /** Beyond it, what counts throws `OutOfWork`. */
  most: number;
}

/**
 * Units for every decision, and for each UTF-16 unit of its texts. A thousand ordinary texts of 2 KB asked for 9,000 at
 * most under 5,000 rules. More than one rule alone can use up on any text: to fill a text with its strings must not be
 * a way around it.
 */
const WORK = 1_048_576;
const WORK_PER_UNIT = 128;

/** The work that one decision over so many UTF-16 units of text may do, in units; one takes about ten nanoseconds. */
export const workFor = (length: number) => WORK + WORK_PER_UNIT * length;

/** What each of so many rules may do at first: half of all in equal shares, so that dear ones take nothing from the rest. */
export const shareOf = (work: number, rules: number) => Math.floor(work / 2 / Math.max(1, rules));

/** Thrown where a text would need more. */
export class OutOfWork extends Error {
  constructor() {
    super('The text asks for more work than one decision may do.');
  }
}

/** Counts work that is done next. */
export function spend(work: Work, units: number): void {
  work.units += units;
  if (work.units > work.most) throw new OutOfWork();
}
