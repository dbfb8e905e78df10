import { type RawRow, type RowError, readRows } from '#lib/interactions/batch';
import { findTextFault } from '#lib/interactions/text-faults';
import { fieldErrors } from '#lib/parse';
import { type OutcomeRow, outcomeRowSchema } from './schema.ts';

/** One outcome after validation; `id` is the caller's id where it could be read. */
export type CheckedOutcome = { id: string | null } & ({ row: OutcomeRow } | { error: RowError });

/** One object, an array or NDJSON of outcomes, each checked by itself. Throws as `readRows` does. */
export function readOutcomes(body: Uint8Array, ndjson: boolean): CheckedOutcome[] {
  return readRows(body, ndjson).map(checkOutcome);
}

function checkOutcome(raw: RawRow): CheckedOutcome {
  if ('unreadable' in raw) return invalid(null, `This row is ${raw.unreadable}.`);
  const parsed = outcomeRowSchema.safeParse(raw.value);
  if (!parsed.success) {
    const fields = fieldErrors(parsed.error);
    const [field, problem] = Object.entries(fields)[0] ?? ['(body)', 'is not valid'];
    return invalid(idOf(raw.value), `${field}: ${problem}`, fields);
  }
  const fault = findTextFault(parsed.data);
  if (!fault) return { id: parsed.data.id, row: parsed.data };
  const problem = `has ${fault.what} at offset ${fault.offset}, which cannot be stored`;
  return invalid(idOf(raw.value), `${fault.path} ${problem}`, { [fault.path]: problem });
}

function invalid(id: string | null, message: string, fields?: Record<string, string>): CheckedOutcome {
  return { id, error: { code: 'invalid', message, ...(fields && { fields }) } };
}

function idOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || !('id' in value)) return null;
  return typeof value.id === 'string' ? value.id.slice(0, 300).toWellFormed() : null;
}
