import { findIn, merged } from './find.ts';
import type { Texts } from './mask.ts';
import { SECRET_FIELDS, type SecretField, type SecretSpan } from './schema.ts';

// What a detector calls a secret is covered on its word, also where no rule of ours sees one.

type Named = { category: string; start: number | null; end: number | null };
/** An interaction's texts and what detectors said of it. */
export type Marked = Texts & { findings?: readonly Named[] };

/** UTF-16 units; above it the scan lets others have a turn first. */
const LONG_TEXT = 65_536;
/** Of a word of which a detector marks a part, so much is covered as well. */
const GROWN = 400;

/** The secrets of one interaction: what our rules find, and what detectors marked; in order, without overlaps. */
export async function secretsIn(row: Marked): Promise<SecretSpan[]> {
  const spans: SecretSpan[] = [];
  for (const field of SECRET_FIELDS) {
    const text = row[field] ?? '';
    if (text.length > LONG_TEXT) await new Promise((resolve) => setImmediate(resolve));
    const marks = fieldOf(row) === field ? marksOf(row) : [];
    for (const hit of merged([...findIn(text), ...marks])) spans.push({ field, ...hit });
  }
  return spans;
}

/** How many secrets a detector names without a place that holds, and that nothing found by us accounts for. */
export function uncoveredIn(row: Marked, secrets: readonly SecretSpan[]): number {
  const named = (row.findings ?? []).filter(({ category }) => category === 'secret');
  if (named.length === 0) return 0;
  const marks = marksOf(row);
  const field = fieldOf(row);
  const isOfMark = (span: SecretSpan) =>
    span.field === field && marks.some(({ start, end }) => start < span.end && span.start < end);
  return Math.max(0, named.length - marks.length - secrets.filter((span) => !isOfMark(span)).length);
}

/** A finding's offsets are of the completion, or of the prompt where that is empty. */
const fieldOf = ({ completion }: Marked): SecretField => (completion === '' ? 'prompt' : 'completion');

function marksOf(row: Marked) {
  const text = row[fieldOf(row)] ?? '';
  return (row.findings ?? []).flatMap(({ category, start, end }) =>
    category === 'secret' && start !== null && end !== null && start < end && start < text.length
      ? [{ ...grown(text, start, Math.min(end, text.length)), rule: 'detector' }]
      : [],
  );
}

/** A secret that is marked in part is covered whole. */
function grown(text: string, from: number, to: number) {
  const isInside = (at: number) => /[a-z0-9]{2}/i.test(text.slice(at - 1, at + 1));
  const isWord = (at: number) => /[\w+/-]/.test(text[at] ?? '');
  let start = from;
  let end = to;
  if (isInside(start)) while (start > 0 && from - start < GROWN && isWord(start - 1)) start--;
  if (isInside(end)) while (end < text.length && end - to < GROWN && isWord(end)) end++;
  return { start, end };
}
