import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Tx } from '#lib/db';
import { AppError } from '#lib/errors';
import { toRule, type WireRuleRow } from '#lib/rulesets/wire-rule';
import { maskedText } from '#lib/secrets/mask';
import { planSchema } from './plan.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const canonical = (value: unknown) => canonicalize(value) ?? '';

/**
 * Everything a person agrees to when they approve a rule, and nothing else: which number a ruleset has, which stage a
 * rule is in and when it went out lie outside. The texts of its tests are named by their digest: they may be excerpts
 * of what was flagged, and such a text can be erased.
 */
function ruleContent(row: WireRuleRow) {
  const { title, scope, matcher, target, action, parameters, when, fail, sample, startsAt, tests, breaker } =
    toRule(row);
  return {
    title,
    scope,
    matcher,
    target,
    action,
    parameters,
    mode: row.mode === 'shadow' ? 'shadow' : 'enforce',
    when,
    fail,
    sample,
    /** As it is signed, the canary's share included. */
    plan: planSchema.parse(row.plan),
    breaker,
    startsAt,
    life: row.lifeMinutes === null ? { until: row.expiresAt.toISOString() } : { minutes: row.lifeMinutes },
    tests: {
      mustMatch: tests.mustMatch.length,
      mustNotMatch: tests.mustNotMatch.length,
      sha256: sha256(canonical(tests)),
    },
  };
}

// A list may have a hundred thousand names, and one act asks several times of the same row, which nobody changes.
const bodies = new WeakMap<
  WireRuleRow,
  { content: ReturnType<typeof ruleContent>; body: string; digest: string }
>();

function known(row: WireRuleRow) {
  const kept = bodies.get(row);
  if (kept) return kept;
  const content = ruleContent(row);
  const body = canonical(content);
  const fresh = { content, body, digest: sha256(body) };
  bodies.set(row, fresh);
  return fresh;
}

/** SHA-256 over the RFC 8785 text of `ruleContent`, hex: what approvals, publishes, evidence and exports speak of. */
export function ruleDigest(row: WireRuleRow): string {
  return known(row).digest;
}

/** Whether two rows do the same to the same: titles, tests and what comes back for review aside. */
export function sameEffect(one: WireRuleRow, other: WireRuleRow): boolean {
  const effect = (row: WireRuleRow) => {
    const { title: _, tests: __, sample: ___, breaker: ____, ...rest } = known(row).content;
    return canonical(rest);
  };
  return effect(one) === effect(other);
}

/** Keeps what the row says now, for ever; what is kept already stays as it is. */
export async function keepVersion(
  tx: Tx,
  row: WireRuleRow & { id: string },
  authorId: string | null,
): Promise<string> {
  const { body, digest } = known(row);
  await tx.mitigationVersion.createMany({
    data: [{ mitigationId: row.id, version: row.version, digest, body, authorId }],
    skipDuplicates: true,
  });
  return digest;
}

/** Longer lists stand in an event by their digest; `mitigation_version` has them whole. */
const LISTED = 100;

/** A list in an event: as it is, or how many it has and the SHA-256 of its RFC 8785 text. */
function bounded(value: unknown): unknown {
  if (typeof value === 'string') return maskedText(value);
  if (Array.isArray(value)) {
    return value.length <= LISTED
      ? value.map(bounded)
      : { count: value.length, sha256: sha256(canonical(value)) };
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, bounded(each)]));
}

/** The content as an event of a new version holds it: whole, but for long lists, and with secrets covered. */
export function contentInEvent(row: WireRuleRow): unknown {
  return bounded(known(row).content);
}

/** That a live rule is no longer what was published, so that no further stage of it may go out; null when it is. */
export function contentProblem(row: WireRuleRow & { publishedDigest: string | null }): string | null {
  // Rules that went out before there were digests have none.
  if (row.publishedDigest === null) return null;
  const digest = ruleDigest(row);
  if (digest === row.publishedDigest) return null;
  return `It is not what was published: that was ${row.publishedDigest.slice(0, 16)}, this is ${digest.slice(0, 16)}. Withdraw it and write it anew.`;
}

/** Throws `conflict` with that problem. */
export function expectPublished(row: WireRuleRow & { publishedDigest: string | null }): void {
  const problem = contentProblem(row);
  if (problem !== null) throw new AppError('conflict', `R-${row.number} stays as it is. ${problem}`);
}
