import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { InteractionRow } from './schema.ts';

/**
 * SHA-256, as hex, over the RFC 8785 text of what a row means: absent, null and default are one, and so are two
 * spellings of the same instant. Same id and digest is a replay; same id and another digest is a conflict.
 */
export function digestOf(row: InteractionRow): string {
  // Only the caller's own object has keys that are not known here.
  if (row.meta === undefined || row.meta === null) return hash('sha256', JSON.stringify(inOrder(row)), 'hex');
  const meaning = canonicalize({ ...withoutNulls(row), occurredAt: new Date(row.occurredAt).toISOString() });
  if (meaning === undefined) throw new Error('An interaction could not be written as JSON');
  return hash('sha256', meaning, 'hex');
}

// For known keys in their order, and without what is absent, JSON.stringify writes what RFC 8785 asks for.
function inOrder(row: InteractionRow) {
  const { actor, model, sampling } = row;
  return {
    actor: { id: actor.id, tenant: actor.tenant ?? undefined, tier: actor.tier ?? undefined },
    before: row.before ?? undefined,
    completion: row.completion,
    control: row.control ?? false,
    findings: row.findings.map((finding) => ({
      category: finding.category,
      cwe: finding.cwe ?? undefined,
      detector: finding.detector,
      end: finding.end ?? undefined,
      message: finding.message ?? undefined,
      rule: finding.rule ?? undefined,
      severity: finding.severity,
      start: finding.start ?? undefined,
    })),
    id: row.id,
    language: row.language,
    model: { name: model.name, version: model.version },
    notShown: row.notShown?.length ? row.notShown.map(({ what, count }) => ({ count, what })) : undefined,
    occurredAt: new Date(row.occurredAt).toISOString(),
    outcome: row.outcome ?? undefined,
    path: row.path ?? undefined,
    prompt: row.prompt,
    sampling: sampling
      ? { candidates: sampling.candidates, temperature: sampling.temperature, topP: sampling.topP }
      : undefined,
    surface: row.surface,
  };
}

function withoutNulls(row: InteractionRow): Record<string, unknown> {
  return {
    ...dropNulls(row),
    actor: dropNulls(row.actor),
    findings: row.findings.map(dropNulls),
    control: row.control ?? false,
    ...(row.notShown?.length === 0 && { notShown: undefined }),
  };
}

// One level only: `meta` is the caller's own and keeps its nulls.
function dropNulls(value: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined),
  );
}
