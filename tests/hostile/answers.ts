import { z } from 'zod';
import type { Schema } from './schema-walk.ts';

/** The value of a JSON text; undefined for a text that is none. */
export function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether Postgres and RFC 8785 can keep every text and number of it. */
export const storable = (value: unknown): boolean => {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0');
  if (typeof value !== 'object' || value === null) return !Object.is(value, Number.POSITIVE_INFINITY);
  return Object.entries(value).every(([key, each]) => storable(key) && storable(each));
};

/** Rows are answered one by one: whether any was taken. */
export function isTaken(text: string): boolean {
  const { results } = (tryJson(text) ?? {}) as { results?: { status: string }[] };
  return !results || results.some(({ status }) => !['invalid', 'unknown', 'refused'].includes(status));
}

/** Why a word is none that the document allows for a parameter. */
export function illegalWord(schema: Schema, word: string): string | null {
  const isNumber = schema.type === 'integer' || schema.type === 'number';
  const value = isNumber && /^-?(0|[1-9]\d*)$/.test(word) && word !== '-0' ? Number(word) : word;
  return z.fromJSONSchema(schema as never).safeParse(value).success ? null : 'taken, and not legal';
}
