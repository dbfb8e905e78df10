import type { Span, SubjectMatcher } from './match.ts';

/**
 * Prompt phrases are looked for in a normalised text, so that full-width letters, zero-width characters, case and
 * line breaks hide nothing. Offsets lead back to the text as it was sent.
 */
export interface Normalized {
  text: string;
  /** For each UTF-16 unit of `text`, and one past its end, the offset in the original where it came from. */
  offsets: Uint32Array;
}

/** Default-ignorable characters (zero width, joiners, bidirectional controls, tags, variation selectors) and soft hyphens. */
const INVISIBLE = /^\p{Default_Ignorable_Code_Point}$/u;
const SPACE = /^\s$/u;
const PLAIN = /^[\x21-\x7e\n ]*$/;

/**
 * NFKC per character, lower case, without invisible characters, white space as single blanks. Linear. `blank` says
 * whether a blank, or nothing at all, came before: white space then gives no further blank.
 */
export function normalize(text: string, blank = true): Normalized {
  const out: string[] = [];
  const offsets: number[] = [];
  let at = 0;
  // A base and the marks that follow it are composed together, as NFKC does over a whole text.
  for (const [cluster] of text.matchAll(/\P{M}\p{M}{0,32}|\p{M}/gsu)) {
    const start = at;
    at += cluster.length;
    if (SPACE.test(cluster)) {
      if (!blank) {
        out.push(' ');
        offsets.push(start);
      }
      blank = true;
      continue;
    }
    const visible = PLAIN.test(cluster)
      ? cluster
      : [...cluster].filter((character) => !INVISIBLE.test(character)).join('');
    if (visible === '') continue;
    const folded = visible.normalize('NFKC').toLowerCase().normalize('NFKC');
    for (let unit = 0; unit < folded.length; unit++) {
      out.push(folded.charAt(unit));
      offsets.push(start);
    }
    blank = false;
  }
  offsets.push(at);
  return { text: out.join(''), offsets: Uint32Array.from(offsets) };
}

/** Finds any of the phrases in the normalised text. A phrase that normalises to nothing never hits. */
export function phrasesMatcher(phrases: readonly string[]): SubjectMatcher {
  const needles = [...new Set(phrases.map((phrase) => normalize(phrase).text.trim()))].filter(
    (needle) => needle !== '',
  );
  return (subject, limit = Number.POSITIVE_INFINITY) => {
    const { text, offsets } = subject.normalized;
    const spans: Span[] = [];
    for (const needle of needles) {
      let at = text.indexOf(needle);
      while (at !== -1) {
        const start = offsets[at] ?? 0;
        const end = Math.max(offsets[at + needle.length] ?? subject.text.length, start + 1);
        spans.push({ start, end });
        if (spans.length >= limit && limit === 1) return spans;
        at = text.indexOf(needle, at + needle.length);
      }
    }
    return spans.sort((a, b) => a.start - b.start || a.end - b.end).slice(0, limit);
  };
}
