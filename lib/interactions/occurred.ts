/** Stands for a time that a log does not give: always the same, so that the log sent again is a duplicate. */
export const NO_TIME = new Date(0).toISOString();

export function hasTime(at: Date | string): boolean {
  return new Date(at).toISOString() !== NO_TIME;
}
