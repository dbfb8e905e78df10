import { type Automaton, createAutomaton } from './automaton.ts';
import type { Span, SubjectMatcher } from './match.ts';
import { fold } from './text/characters.ts';

/**
 * Prompt phrases are looked for in a normalised text, so that look-alike and full-width letters, accents, zero-width
 * characters, case and line breaks hide nothing (text/characters.ts). Offsets lead back to the text as it was sent.
 */
export interface Normalized {
  text: string;
  /** For each UTF-16 unit of `text`, and one past its end, the offset in the original where it came from. */
  offsets: Uint32Array;
}

const LAST_ASCII = 0x7f;
/** Of ASCII and shown: all but its control characters. */
const isPlain = (unit: number) => (unit >= 0x20 && unit < LAST_ASCII) || isBlank(unit);
/** Tab to carriage return, and the blank: all blanks of ASCII. */
const isBlank = (unit: number) => unit === 0x20 || (unit >= 0x09 && unit <= 0x0d);

/**
 * Every character folded with its marks, without those that are invisible, blanks of any kind as single ones. Linear.
 * `blank` says whether a blank, or nothing at all, came before: no further one then follows.
 */
export function normalize(text: string, blank = true): Normalized {
  return PLAIN.test(text) ? normalizeAscii(text, blank) : normalizeAny(text, blank);
}

/** What `isPlain` takes, and nothing else. */
const PLAIN = /^[\t-\r\x20-\x7e]*$/;
const decoder = new TextDecoder('latin1');

/** The same for plain ASCII: nothing to fold, nothing invisible, lower case by addition. */
function normalizeAscii(text: string, afterBlank: boolean): Normalized {
  const units = new Uint8Array(text.length);
  const offsets = new Uint32Array(text.length + 1);
  let length = 0;
  let blank = afterBlank;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    const space = isBlank(unit);
    if (space && blank) continue;
    blank = space;
    units[length] = space ? 0x20 : unit >= 0x41 && unit <= 0x5a ? unit + 0x20 : unit;
    offsets[length++] = at;
  }
  offsets[length] = text.length;
  return { text: decoder.decode(units.subarray(0, length)), offsets: offsets.subarray(0, length + 1) };
}

/** Clusters folded before: a text has few different ones. */
const known = new Map<string, string>();
const MAX_KNOWN = 8_192;
/** The same for single UTF-16 units, of which there are no more: a text of many different ones must not start over. */
const units: (string | undefined)[] = [];

function foldKnown(cluster: string): string {
  if (cluster.length === 1) {
    const unit = cluster.charCodeAt(0);
    const made = units[unit] ?? fold(cluster);
    units[unit] = made;
    return made;
  }
  let folded = known.get(cluster);
  if (folded === undefined) {
    folded = fold(cluster);
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(cluster, folded);
  }
  return folded;
}

function normalizeAny(text: string, afterBlank: boolean): Normalized {
  let blank = afterBlank;
  let units = new Uint16Array(text.length + 16);
  let offsets = new Uint32Array(text.length + 17);
  let length = 0;
  const push = (unit: number, offset: number) => {
    if (length === units.length) {
      // NFKC can make one character many: doubled when full.
      const [fewer, before] = [units, offsets];
      units = new Uint16Array(length * 2);
      offsets = new Uint32Array(length * 2 + 1);
      units.set(fewer);
      offsets.set(before);
    }
    units[length] = unit;
    offsets[length++] = offset;
  };
  const cluster = /\P{M}\p{M}{0,32}|\p{M}/suy;
  let at = 0;
  while (at < text.length) {
    const unit = text.charCodeAt(at);
    // ASCII that no mark can follow, nearly all there is, is told without looking it up.
    if (isPlain(unit) && (at + 1 === text.length || text.charCodeAt(at + 1) <= LAST_ASCII)) {
      if (!isBlank(unit)) {
        push(unit >= 0x41 && unit <= 0x5a ? unit + 0x20 : unit, at);
        blank = false;
      } else if (!blank) {
        push(0x20, at);
        blank = true;
      }
      at++;
      continue;
    }
    // A base and the marks that follow it are folded together, as they are read.
    cluster.lastIndex = at;
    const whole = cluster.exec(text)?.[0] ?? text.charAt(at);
    const start = at;
    at += whole.length;
    const folded = foldKnown(whole);
    for (let on = 0; on < folded.length; on++) {
      const made = folded.charCodeAt(on);
      if (made === 0x20 && blank) continue;
      blank = made === 0x20;
      push(made, start);
    }
  }
  offsets[length] = at;
  return { text: decode(units.subarray(0, length)), offsets: offsets.subarray(0, length + 1) };
}

/** In pieces: a call takes only so many arguments. */
function decode(units: Uint16Array): string {
  let text = '';
  for (let at = 0; at < units.length; at += 4_096) {
    text += String.fromCharCode(...units.subarray(at, at + 4_096));
  }
  return text;
}

/**
 * What is looked for in normalised texts: each phrase as it is, small and in capitals, where those do not fold alike (a
 * Greek capital may look like another letter than the small one). A phrase that normalises to nothing is left out.
 */
export function needlesOf(phrases: readonly string[]): string[] {
  const written = phrases.flatMap((phrase) =>
    PLAIN.test(phrase) ? [phrase] : [phrase, phrase.toLowerCase(), phrase.toUpperCase()],
  );
  const needles = new Set(written.map((each) => normalize(each).text.trim()));
  needles.delete('');
  return [...needles];
}

/** So many phrases are looked for in one pass; fewer one by one. */
const MANY = 32;

/** Finds any of the phrases in the normalised text. A phrase that normalises to nothing never hits. */
export function phrasesMatcher(phrases: readonly string[]): SubjectMatcher {
  const needles = needlesOf(phrases);
  let automaton: Automaton | undefined;
  const present = (text: string): readonly string[] => {
    if (needles.length < MANY) return needles;
    automaton ??= createAutomaton(needles);
    const found = new Set(automaton.always);
    const { parts } = automaton;
    automaton.scan(text, (part) => {
      for (const index of parts[part] as readonly number[]) found.add(index);
    });
    return [...found].map((index) => needles[index] as string);
  };
  return (subject, limit = Number.POSITIVE_INFINITY) => {
    const { text, offsets } = subject.normalized;
    const spans: Span[] = [];
    for (const needle of present(text)) {
      let at = text.indexOf(needle);
      while (at !== -1) {
        const start = offsets[at] ?? 0;
        const end = Math.max(offsets[at + needle.length] ?? subject.text.length, start + 1);
        spans.push({ start, end });
        at = text.indexOf(needle, at + needle.length);
      }
    }
    return spans.sort((a, b) => a.start - b.start || a.end - b.end).slice(0, limit);
  };
}
