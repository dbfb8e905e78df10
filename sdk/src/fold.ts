function foldCharacter(character: string): string {
  // Dotless i folds to itself, as in Unicode's simple folding (its upper case is the ASCII I).
  if (character === 'ı') return character;
  const upper = character.toUpperCase();
  const folded = (upper.length === character.length ? upper : character).toLowerCase();
  return folded.length === character.length ? folded : character;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant.
const ASCII = /^[\x00-\x7f]*$/;

/** Simple case folding: never changes the length, so offsets in the folded text hold in the original. */
export function foldCase(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  return text.replace(/[A-Z\u{80}-\u{10ffff}]/gu, foldCharacter);
}

let table: Uint16Array | undefined;

/**
 * For each UTF-16 unit what `foldCase` makes of it; all high surrogates are one unit here and all low ones another,
 * because half a character cannot be folded by itself.
 */
export function foldTable(): Uint16Array {
  if (table) return table;
  table = new Uint16Array(65_536);
  for (let unit = 0; unit < 65_536; unit++) {
    if (unit >= 0xd800 && unit <= 0xdfff) table[unit] = unit < 0xdc00 ? 0xd800 : 0xdc00;
    else table[unit] = foldCharacter(String.fromCharCode(unit)).charCodeAt(0);
  }
  return table;
}

let sources: Map<number, number[]> | undefined;

/** For each folded UTF-16 unit all that `foldTable` folds to it. */
export function unfoldTable(): ReadonlyMap<number, readonly number[]> {
  if (sources) return sources;
  sources = new Map();
  for (const [unit, folded] of foldTable().entries()) {
    const known = sources.get(folded);
    if (known) known.push(unit);
    else sources.set(folded, [unit]);
  }
  return sources;
}
