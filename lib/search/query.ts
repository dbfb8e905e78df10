import { z } from 'zod';
import { storable } from '#lib/storable';
import { compileRe2 } from '#sdk/match';
import { needlesOf } from '#sdk/phrases';
import { KEY_NAMES, type Key, keyNamed, keySpec } from './keys.ts';
import { type Token, tokensOf, writeTerm } from './tokens.ts';

/** A query line is at most so long, in UTF-16 units. */
export const QUERY_MAX = 1_000;

const termSchema = z
  .strictObject({ key: z.enum(KEY_NAMES), value: z.string().refine(storable), negated: z.boolean() })
  .transform((term, context) => {
    const value = keySpec(term.key).value.safeParse(term.value);
    if (value.success && canMatch(term.key, value.data)) return { ...term, value: value.data };
    context.addIssue(`${term.key} expects ${keySpec(term.key).expects}`);
    return z.NEVER;
  });
/** What is asked for: every term must hold. */
export const termsSchema = z.array(termSchema).max(40);
export type Term = z.infer<typeof termSchema>;

function canMatch(key: Key, value: string): boolean {
  if (key === 'text') return needlesOf([value]).length > 0;
  if (key !== 're') return true;
  try {
    compileRe2(value, false);
    return true;
  } catch {
    return false;
  }
}

/** What could not be understood: from which character on (0 is the first), and a sentence that says what is expected. */
export type Problem = { at: number; message: string };
export type ReadQuery = { terms: Term[]; problems: Problem[] };

/** Reads a query line; what is not understood is in `problems` and in no term. */
export function readQuery(line: string): ReadQuery {
  if (line.length > QUERY_MAX)
    return {
      terms: [],
      problems: [{ at: QUERY_MAX, message: `A query has at most ${QUERY_MAX} characters.` }],
    };
  const read: ReadQuery = { terms: [], problems: [] };
  for (const token of tokensOf(line)) {
    const term = readTerm(line, token);
    if ('message' in term) read.problems.push(term);
    else if (read.terms.length < 40) read.terms.push(term);
    else if (read.problems.length === 0)
      read.problems.push({ at: token.at, message: `${place(token.at)}: a query has at most 40 parts.` });
  }
  return read;
}

const place = (at: number) => `Character ${at + 1}`;

function readTerm(line: string, token: Token): Term | Problem {
  const { at, valueAt, negated, open, value } = token;
  if (open) {
    const mark = line.charAt(valueAt);
    return {
      at: valueAt,
      message: `${place(valueAt)}: the ${mark === '"' ? 'quote' : 'slash'} is not closed.`,
    };
  }
  const key = token.key === null ? 'text' : keyNamed(token.key);
  if (key === undefined)
    return {
      at,
      message: `${place(at)}: there is no key “${token.key}”. To look for it as text, put it in quotes.`,
    };
  const isBare = line.charAt(valueAt) !== '/';
  const parsed = key === 're' && isBare ? null : termSchema.safeParse({ key, value, negated });
  if (parsed?.success) return parsed.data;
  return {
    at: valueAt,
    message: `${place(valueAt)}: ${key === 'text' ? 'a text' : `${key}:`} expects ${keySpec(key).expects}.`,
  };
}

/** The line that reads as these terms. */
export function writeQuery(terms: readonly Term[]): string {
  return terms.map(writeTerm).join(' ');
}

/** The line with a term of this key in place of all that it had; null takes them away. */
export function withTerm(terms: readonly Term[], key: Key, value: string | null): Term[] {
  const rest = terms.filter((term) => term.key !== key);
  return value === null ? rest : [...rest, { key, value, negated: false }];
}
