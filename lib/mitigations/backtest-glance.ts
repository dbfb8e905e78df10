import { BULLET } from '#lib/secrets/mask';
import { needlesOf, normalize } from '#sdk/phrases';
import type { RuleMatcher } from '#sdk/rule';

/** More phrases than this are not worth a look before the engine's. */
const PHRASES = 200;

/** Normalising leaves these as they are, but for case and runs of white space. Control characters go, so they are not. */
const PLAIN = /^[\t\n\v\f\r -~]*$/;
const BLANKS = /[\t\n\v\f\r ]+/;

/**
 * Whether the engine could hit a text at all, told by a quicker look: false is sure, true is not. Normalising a text
 * for phrases costs half a millisecond, and over all that is stored nearly every text has none of them.
 */
export function glanceOf(matcher: RuleMatcher): (text: string) => boolean {
  if (matcher.kind !== 'phrases' || matcher.phrases.length > PHRASES) return () => true;
  // The look is at the true text, and a masked one may have what that has not.
  if (matcher.phrases.some((phrase) => phrase.includes(BULLET))) return () => true;
  const needles = needlesOf(matcher.phrases);
  const words = needles.map((needle) => needle.split(/\s+/).filter((word) => word !== ''));
  return (text) => {
    const lower = text.toLowerCase();
    if (PLAIN.test(text)) {
      const maybe = words.filter((each) => each.every((word) => lower.includes(word)));
      if (maybe.length === 0) return false;
      const plain = lower.replace(/\s+/g, ' ');
      return needles.some((needle) => plain.includes(needle));
    }
    // Elsewhere only words that hold something else can become others; no word reaches across a plain blank.
    let odd: string | undefined;
    const within = (word: string) => {
      if (lower.includes(word)) return true;
      odd ??= text
        .split(BLANKS)
        .filter((run) => !PLAIN.test(run))
        .map((run) => normalize(run).text)
        .join('\n');
      return odd.includes(word);
    };
    return words.some((each) => each.every(within));
  };
}
