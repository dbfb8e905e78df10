import { BULLET } from '#lib/secrets/mask';
import { needlesOf, normalize } from '#sdk/phrases';
import type { RuleMatcher } from '#sdk/rule';

/** More phrases than this are not worth a look before the engine's. */
const PHRASES = 200;

// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant.
const ASCII = /^[\x00-\x7f]*$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant.
const ODD_WORD = /\S*[^\x00-\x7f]\S*/g;

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
    // Of plain ASCII normalising leaves all but case and runs of white space as it is.
    if (ASCII.test(text)) {
      const maybe = words.filter((each) => each.every((word) => lower.includes(word)));
      if (maybe.length === 0) return false;
      const plain = lower.replace(/\s+/g, ' ');
      return needles.some((needle) => plain.includes(needle));
    }
    // Elsewhere only words that hold something else can become others; no word reaches across white space.
    let odd: string | undefined;
    const within = (word: string) => {
      if (lower.includes(word)) return true;
      odd ??= (text.match(ODD_WORD) ?? []).map((run) => normalize(run).text).join('\n');
      return odd.includes(word);
    };
    return words.some((each) => each.every(within));
  };
}
