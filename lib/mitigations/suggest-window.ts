import { type Token, tokenise } from '#lib/clusters/tokenise';

/** Tokens of a stretch that is looked for in all texts, longest first; shorter says nothing. */
const LENGTHS = [24, 16, 12, 8, 5];
const STRETCHES = 40;
const PATTERN_MAX = 600;
/** A stretch without any name or word that all texts share is only punctuation. */
const SHARED_NAME = /[\p{L}\p{N}_]{3}/u;

const keyOf = (token: Token) => (token.kind === 'kept' ? token.text : `<${token.kind}>`);
const quoted = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

const SLOT: Record<Token['kind'], string> = {
  kept: '',
  name: String.raw`[\w$.@]+`,
  number: String.raw`[\w.]+`,
  string: String.raw`\w?["'\x60][^"'\x60\n]*["'\x60]`,
};

/**
 * RE2 patterns for stretches of code that all texts have in the same shape: what all write alike stands as it is,
 * names, numbers and strings that differ become slots. Longest first. Texts with covered secrets give no stretch that
 * holds one.
 */
export function sharedStretches(texts: readonly { text: string; language: string }[]): string[] {
  const token = texts.map(({ text, language }) => tokenise(text.slice(0, 8_000), language));
  const [first, ...others] = [...token].sort((a, b) => a.length - b.length);
  if (!first || first.length === 0) return [];
  const patterns = new Set<string>();
  for (const length of LENGTHS) {
    const places = others.map((tokens) => placesOf(tokens, length));
    const keys = first.map(keyOf);
    for (let at = 0; at + length <= first.length && patterns.size < STRETCHES; at++) {
      const key = keys.slice(at, at + length).join('\u0001');
      const found = places.map((known) => known.get(key));
      if (found.some((place) => place === undefined)) continue;
      const rows = [first.slice(at, at + length)];
      for (const [index, place] of found.entries()) {
        rows.push(others[index]?.slice(place ?? 0, (place ?? 0) + length) ?? []);
      }
      const pattern = patternOf(rows);
      if (pattern === null) continue;
      patterns.add(pattern);
      // The next few begin inside this one.
      at += Math.ceil(length / 4);
    }
  }
  return [...patterns];
}

function placesOf(tokens: readonly Token[], length: number): Map<string, number> {
  const keys = tokens.map(keyOf);
  const places = new Map<string, number>();
  for (let at = 0; at + length <= keys.length; at++) {
    const key = keys.slice(at, at + length).join('\u0001');
    if (!places.has(key)) places.set(key, at);
  }
  return places;
}

/** The same stretch of several texts, token by token; null where nothing of substance is shared. */
function patternOf(rows: readonly Token[][]): string | null {
  const [first] = rows;
  if (!first) return null;
  let pattern = '';
  let shared = '';
  for (const [index, token] of first.entries()) {
    const same = rows.every((row) => row[index]?.text === token.text);
    if (token.text.includes('•') || token.text.includes('\n')) return null;
    if (same && token.kind !== 'string') shared += ` ${token.text}`;
    if (index > 0) pattern += gapBetween(first[index - 1], token);
    pattern += same || token.kind === 'kept' ? quoted(token.text) : SLOT[token.kind];
  }
  return SHARED_NAME.test(shared) && pattern.length <= PATTERN_MAX ? pattern : null;
}

const WORD_END = /[\p{L}\p{N}_$]$/u;
const WORD_START = /^[\p{L}\p{N}_$]/u;

/** Layout makes no difference, but two words stay two words. */
function gapBetween(before: Token | undefined, after: Token): string {
  return before && WORD_END.test(before.text) && WORD_START.test(after.text)
    ? String.raw`\s+`
    : String.raw`\s*`;
}
