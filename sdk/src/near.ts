/** More strings are not looked for one by one. */
const FEW = 4;
/** What a pattern may look at beside its match, and the other half of a character. */
const MARGIN = 2;

/**
 * Whether a match can be near any of the `strings`, of which each match has one and is at most `longest` units: a long
 * text is read around them only. Sound, not exact: at the edges of what `test` is given a word or the text seems to
 * end, so a yes is to be confirmed on the whole text. Reads no more than the whole text would cost.
 */
export function mayMatchNear(
  text: string,
  folded: string,
  strings: readonly string[],
  longest: number,
  test: (part: string) => boolean,
): boolean {
  if (strings.length > FEW) return true;
  let left = text.length;
  for (const needle of strings) {
    for (let at = folded.indexOf(needle); at !== -1; at = folded.indexOf(needle, at + 1)) {
      const start = Math.max(0, at + needle.length - longest - MARGIN);
      const end = Math.min(text.length, at + longest + MARGIN);
      left -= end - start;
      if (left <= 0 || test(text.slice(start, end))) return true;
    }
  }
  return false;
}
