import type { IncomingMessage } from 'node:http';
import { parse } from '#lib/parse';
import { type Report, reportSchema } from '#sdk/report';
import { readJson } from './answer.ts';

/** The largest report the schema allows: 5,000 rules at about 110 bytes each, and what goes with them. */
const BODY_LIMIT_BYTES = 1024 * 1024;
const INT4_MAX = 2_147_483_647;

export const storedSchema = reportSchema.refine(
  (report) => Math.max(report.seq, report.activeSeq) <= INT4_MAX,
  {
    message: 'is larger than any ruleset number',
    path: ['seq'],
  },
);

/** The body of `POST /v1/report`. Throws `invalid` naming each field, or `too_large`. */
export async function readReport(request: IncomingMessage): Promise<Report> {
  return storable(parse(storedSchema, await readJson(request, BODY_LIMIT_BYTES)));
}

/** Postgres stores neither NUL nor half a surrogate pair; both become U+FFFD. */
export const storableText = (text: string) => text.toWellFormed().replaceAll('\0', '\uFFFD');

/** The report with every text in it, wherever it stands, as Postgres stores it. */
export function storable(report: Report): Report {
  return cleaned(report) as Report;
}

function cleaned(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value);
  if (Array.isArray(value)) return value.map(cleaned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [storableText(key), cleaned(inner)]));
}
