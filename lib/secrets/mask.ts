import { findIn } from './find.ts';
import { SECRET_FIELDS, type SecretField, type SecretSpan } from './schema.ts';

/** What covers a secret. */
export const BULLET = '•';
/** Shorter values would cover half of a sentence that happens to hold them. */
const MIN_QUOTED = 5;

type Place = { start: number; end: number };
type Texts = { prompt: string; before: string | null; completion: string };

/** A text with the given places covered: as long as it was, so that offsets hold, and with its lines kept. */
export function mask(text: string, places: readonly Place[]): string {
  let covered = '';
  let at = 0;
  for (const { start, end } of places.toSorted((a, b) => a.start - b.start)) {
    if (end <= at) continue;
    const from = Math.max(at, start);
    covered += text.slice(at, from) + text.slice(from, end).replace(/[^\r\n]/g, BULLET);
    at = Math.min(end, text.length);
  }
  return covered + text.slice(at);
}

/** A text of which no places are kept, such as a path or a detector's message, as it may be shown. */
export function maskedText<T extends string | null>(text: T): T | string {
  return text === null ? text : mask(text, findIn(text));
}

/** The texts of one interaction as everybody may see them. */
export function maskedTexts<T extends Texts>(texts: T, secrets: readonly SecretSpan[]): T {
  const of = (field: SecretField) => secrets.filter((secret) => secret.field === field);
  return {
    ...texts,
    prompt: mask(texts.prompt, of('prompt')),
    before: texts.before === null ? null : mask(texts.before, of('before')),
    completion: mask(texts.completion, of('completion')),
  };
}

/** The secrets themselves, to take them out of what quotes them; never leaves the server. */
export function secretValues(texts: Texts, secrets: readonly SecretSpan[]): string[] {
  const values = secrets.map(({ field, start, end }) => (texts[field] ?? '').slice(start, end).trim());
  return [...new Set(values)]
    .filter((value) => value.length >= MIN_QUOTED)
    .sort((a, b) => b.length - a.length);
}

/** What a detector said, without the secrets that it quotes. */
export function maskedMessage<T extends string | null>(message: T, values: readonly string[]): T | string {
  if (message === null) return message;
  let covered: string = message;
  for (const value of values) covered = covered.replaceAll(value, BULLET.repeat(value.length));
  return maskedText(covered);
}

/** Free data of the sender, without the secrets in its words; numbers and shape stay. */
export function maskedData(data: unknown, values: readonly string[]): unknown {
  if (typeof data === 'string') return maskedMessage(data, values);
  if (Array.isArray(data)) return data.map((item) => maskedData(item, values));
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => {
      const shownKey = maskedText(key);
      if (typeof value !== 'string') return [shownKey, maskedData(value, values)];
      // The name tells what the value is: {"password": "…"}.
      const named = `"${key.replaceAll('"', '')}": "`;
      const shown = mask(named + value, findIn(`${named}${value}"`)).slice(named.length);
      return [shownKey, maskedMessage(shown.slice(0, value.length), values)];
    }),
  );
}

/** The texts of an interaction as the scan takes them. */
export function textsOf(row: Texts): { field: SecretField; text: string }[] {
  return SECRET_FIELDS.map((field) => ({ field, text: row[field] ?? '' }));
}
