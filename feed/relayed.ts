import type { IncomingMessage } from 'node:http';
import { AppError } from '#lib/errors';
import { parse } from '#lib/parse';
import { type BatchAnswer, type Report, reportBatchSchema } from '#sdk/report';
import { readJson } from './answer.ts';
import { storable, storedSchema } from './report.ts';

/** A thousand reports of the usual size, and room for some large ones; a relay splits what is refused. */
const BODY_LIMIT_BYTES = 16 * 1024 * 1024;

/**
 * The body of `POST /v1/reports`: what a relay gathered, each with the milliseconds since it reached the first
 * relay. Throws `invalid` naming each field, or `too_large`.
 */
export async function readRelayed(request: IncomingMessage): Promise<{
  relayId: string;
  reports: { ageMs: number; keySha256?: string | undefined; report: Report }[];
}> {
  const { relayId, reports } = parse(reportBatchSchema, await readJson(request, BODY_LIMIT_BYTES));
  return {
    relayId,
    reports: reports.map(({ report, ...rest }) => ({
      ...rest,
      report: storable(parse(storedSchema, report)),
    })),
  };
}

/** The digest of the key that an instance showed to a relay, which passes on its samples as they came. */
export const SHOWN_KEY = 'x-stopgap-key-sha256';

/** Null where nobody says. Throws `invalid` for what is no digest. */
export function shownKey({ headers }: IncomingMessage): string | null {
  const digest = headers[SHOWN_KEY];
  if (digest === undefined) return null;
  if (typeof digest === 'string' && /^[0-9a-f]{64}$/.test(digest)) return digest;
  throw new AppError('invalid', `${SHOWN_KEY} must be a SHA-256 digest in lower-case hexadecimal digits.`);
}

/** When each report was said, and through whom; the relay's word about itself came through nobody. */
export function viaRelay(
  {
    relayId,
    reports,
  }: { relayId: string; reports: { ageMs: number; keySha256?: string | undefined; report: Report }[] },
  arrivedAt: number,
): { report: Report; keySha256: string | null; at: Date; via: string | null }[] {
  const via = relayId.toWellFormed().replaceAll('\0', '\uFFFD');
  return reports.map(({ ageMs, keySha256 = null, report }) => ({
    report,
    keySha256,
    at: new Date(arrivedAt - ageMs),
    via: report.instanceId === via ? null : via,
  }));
}

/**
 * What became of each report of a batch, by its place in it: one that could not be stored must not have the others told
 * again, for they would count twice. Throws when none was taken and all may be sent again.
 */
export async function batchAnswer(taken: readonly Promise<void>[], seq: () => number): Promise<BatchAnswer> {
  const settled = await Promise.allSettled(taken);
  const again: number[] = [];
  const refused: number[] = [];
  for (const [index, each] of settled.entries()) {
    if (each.status === 'fulfilled') continue;
    const { reason } = each;
    (reason instanceof AppError && reason.code === 'unavailable' ? again : refused).push(index);
  }
  const [first] = settled;
  if (again.length > 0 && again.length === taken.length && first?.status === 'rejected') throw first.reason;
  return { seq: seq(), ...(again.length > 0 && { again }), ...(refused.length > 0 && { refused }) };
}
