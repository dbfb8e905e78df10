import type { IncomingMessage } from 'node:http';
import { parse } from '#lib/parse';
import { type Report, reportBatchSchema } from '#sdk/report';
import { readJson } from './answer.ts';
import { storable, storedSchema } from './report.ts';

/** A thousand reports of the usual size, and room for some large ones; a relay splits what is refused. */
const BODY_LIMIT_BYTES = 16 * 1024 * 1024;

/**
 * The body of `POST /v1/reports`: what a relay gathered, each with the milliseconds since it reached the first
 * relay. Throws `invalid` naming each field, or `too_large`.
 */
export async function readRelayed(
  request: IncomingMessage,
): Promise<{ relayId: string; reports: { ageMs: number; report: Report }[] }> {
  const { relayId, reports } = parse(reportBatchSchema, await readJson(request, BODY_LIMIT_BYTES));
  return {
    relayId,
    reports: reports.map(({ ageMs, report }) => ({ ageMs, report: storable(parse(storedSchema, report)) })),
  };
}

/** When each report was said, and through whom; the relay's word about itself came through nobody. */
export function viaRelay(
  { relayId, reports }: { relayId: string; reports: { ageMs: number; report: Report }[] },
  arrivedAt: number,
): { report: Report; at: Date; via: string | null }[] {
  const via = relayId.toWellFormed().replaceAll('\0', '\uFFFD');
  return reports.map(({ ageMs, report }) => ({
    report,
    at: new Date(arrivedAt - ageMs),
    via: report.instanceId === via ? null : via,
  }));
}
