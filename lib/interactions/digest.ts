import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { InteractionRow } from './schema.ts';

/**
 * SHA-256, as hex, over the RFC 8785 text of what a row means: absent, null and default are one, and so are two
 * spellings of the same instant. Same id and digest is a replay; same id and another digest is a conflict.
 */
export function digestOf(row: InteractionRow): string {
  const meaning = canonicalize({ ...withoutNulls(row), occurredAt: new Date(row.occurredAt).toISOString() });
  if (meaning === undefined) throw new Error('An interaction could not be written as JSON');
  return createHash('sha256').update(meaning).digest('hex');
}

function withoutNulls(row: InteractionRow): Record<string, unknown> {
  return {
    ...dropNulls(row),
    actor: dropNulls(row.actor),
    findings: row.findings.map(dropNulls),
    control: row.control ?? false,
  };
}

// One level only: `meta` is the caller's own and keeps its nulls.
function dropNulls(value: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined),
  );
}
