import { KEY_NAMES, type Key, keyNamed, keySpec } from './keys.ts';
import { tokensOf, writeTerm } from './tokens.ts';

/** What is being written at a place of the line: a key, or the value of one. */
export type Writing = { at: number; end: number; negated: boolean; key: Key | null; part: string };
/** A line with one token completed, and what of it is new to read. */
export type Completion = { line: string; shown: string; hint: string };

/** The token in which the caret stands, or an empty one there. */
export function writingAt(line: string, caret: number): Writing {
  const token = tokensOf(line).find(({ at, end }) => at < caret && caret <= end);
  if (!token) return { at: caret, end: caret, negated: false, key: null, part: '' };
  const { at, end, negated } = token;
  const key = token.key === null ? null : (keyNamed(token.key) ?? null);
  const from = key === null ? at + (negated ? 1 : 0) : token.valueAt;
  return { at, end, negated, key, part: line.slice(from, caret).replace(/^"/, '') };
}

/** What the token may become: keys that begin so, or values of its key. `values` are those the traffic has. */
export function completions(line: string, caret: number, values: readonly string[]): Completion[] {
  const { at, end, negated, key, part } = writingAt(line, caret);
  const completed = (text: string, hint: string): Completion => ({
    line: `${line.slice(0, at)}${text}${line.slice(end)}`,
    shown: text.trim(),
    hint,
  });
  if (key !== null) return values.map((value) => completed(`${writeTerm({ key, value, negated })} `, ''));
  return KEY_NAMES.filter((name) => name !== 'text' && name.startsWith(part.toLowerCase())).map((name) =>
    completed(`${negated ? '-' : ''}${name}:`, keySpec(name).expects),
  );
}
