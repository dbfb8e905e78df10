import { findIn } from './find.ts';
import type { SecretField, SecretSpan } from './schema.ts';

/** What covers a secret. */
export const BULLET = '•';
/** Of one length, whatever is covered: how long a password is says much of it. */
export const MASK = BULLET.repeat(8);
/** Shorter values would cover half of a sentence that happens to hold them. */
const MIN_QUOTED = 5;

export type Place = { start: number; end: number };
export type Texts = { prompt: string; before: string | null; completion: string };

/** A text as it may be shown, and where a place of the true text is in it. */
export type Covered = { text: string; placed(place: Place): Place };

/** Covers places: each, with those it overlaps or touches, by one mask. */
export function cover(text: string, places: readonly Place[]): Covered {
  const merged: Place[] = [];
  for (const { start, end } of places.toSorted((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (start >= text.length || end <= start) continue;
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else merged.push({ start, end });
  }
  let shown = '';
  let at = 0;
  const masks = merged.map(({ start, end }) => {
    shown += text.slice(at, start);
    at = Math.min(end, text.length);
    const shownAt = shown.length;
    shown += MASK;
    return { start, end: at, shownAt };
  });
  shown += text.slice(at);
  const offset = (given: number, isEnd: boolean) => {
    let shift = 0;
    for (const { start, end, shownAt } of masks) {
      if (given < start || (isEnd && given === start)) break;
      if (given < end) return isEnd ? shownAt + MASK.length : shownAt;
      shift = shownAt + MASK.length - end;
    }
    return given + shift;
  };
  return {
    text: shown,
    placed: ({ start, end }) => ({ start: offset(start, false), end: offset(end, true) }),
  };
}

/** The same where no place is asked for. */
export const mask = (text: string, places: readonly Place[]): string => cover(text, places).text;

/** A text of which no places are kept, such as a path or a detector's message, as it may be shown. */
export function maskedText<T extends string | null>(text: T): T | string {
  return text === null ? text : mask(text, findIn(text));
}

/** The texts of one interaction as everybody may see them. */
export function coveredTexts({ prompt, before, completion }: Texts, secrets: readonly SecretSpan[]) {
  const of = (field: SecretField) => secrets.filter((secret) => secret.field === field);
  return {
    prompt: cover(prompt, of('prompt')),
    before: before === null ? null : cover(before, of('before')),
    completion: cover(completion, of('completion')),
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
  for (const value of values) covered = covered.replaceAll(value, MASK);
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
      const places = findIn(`${named}${value}"`).flatMap(({ start, end }) =>
        end <= named.length ? [] : [{ start: Math.max(0, start - named.length), end: end - named.length }],
      );
      return [shownKey, maskedMessage(mask(value, places), values)];
    }),
  );
}
