/** One value of a text of JSON values, with the line it begins on. */
type JsonValue = { value: unknown; line: number; text: string };
export type JsonText = { values: JsonValue[]; broken: { line: number; text: string } | null };

/**
 * The JSON values of a text: one, one a line (NDJSON), or one behind the other. Null for a text that does not begin as
 * an object or a list, or of which not even the first value can be read.
 */
export function jsonValues(text: string): JsonText | null {
  if (!/^[\s\ufeff]*[[{]/.test(text)) return null;
  const whole = parsed(text.replace(/^\ufeff/, ''));
  if (whole) return { values: [{ value: whole.value, line: 1, text }], broken: null };
  const values: JsonValue[] = [];
  let line = 1;
  for (const piece of topLevel(text)) {
    line += piece.before;
    const found = parsed(piece.text);
    if (!found)
      return values.length > 0 ? { values, broken: { line, text: piece.text.slice(0, 200) } } : null;
    values.push({ value: found.value, line, text: piece.text });
    line += breaks(piece.text);
  }
  return values.length > 0 ? { values, broken: null } : null;
}

function parsed(text: string): { value: unknown } | null {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
}

const breaks = (text: string) => text.split('\n').length - 1;

/** Cuts at every bracket that closes the outermost one; `before` counts the lines passed since the last piece. */
function* topLevel(text: string): Generator<{ text: string; before: number }> {
  let [depth, from, quoted, before] = [0, -1, false, 0];
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (quoted) {
      if (sign === '\\') at += 1;
      else if (sign === '"') quoted = false;
      continue;
    }
    if (from < 0) {
      if (sign === '\n') before += 1;
      if (sign === undefined || /[\s,\ufeff]/.test(sign)) continue;
      from = at;
    }
    if (sign === '"') quoted = true;
    else if (sign === '{' || sign === '[') depth += 1;
    else if (sign === '}' || sign === ']') {
      depth -= 1;
      if (depth > 0) continue;
      yield { text: text.slice(from, at + 1), before };
      [depth, from, before] = [0, -1, 0];
    }
  }
  if (from >= 0) yield { text: text.slice(from), before };
}

/** Tells lines of values in the order in which they stand: a text is passed once, whatever is asked. */
export class Places {
  readonly #text: string;
  #at = 0;
  #line: number;
  #misses = 0;
  /** The next end of a line; below 0 behind the last one. */
  #break: number;

  constructor({ text, line }: JsonValue) {
    this.#text = text;
    this.#line = line;
    this.#break = text.indexOf('\n');
  }

  /** The line on which `value` stands next, or the last one that was told where it cannot be found. */
  lineOf(value: string): number {
    // Each miss may have looked to the end.
    const found = this.#misses > 20 ? -1 : this.#text.indexOf(JSON.stringify(value), this.#at);
    if (found < 0) {
      this.#misses += 1;
      return this.#line;
    }
    while (this.#break >= 0 && this.#break < found) {
      this.#line += 1;
      this.#break = this.#text.indexOf('\n', this.#break + 1);
    }
    this.#at = found;
    return this.#line;
  }
}
