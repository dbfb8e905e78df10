import { createHash } from 'node:crypto';

/** A ruleset by its number and its content: after a restore one number may have had two contents. */
export interface RulesetTag {
  seq: number;
  /** SHA-256 (hex) over the exact signed payload; null from a client that tells only the number. */
  sha256: string | null;
}

export const payloadSha256 = (payload: string): string => createHash('sha256').update(payload).digest('hex');

/** As it stands in an ETag (within quotes), in `id` of an event and in `Last-Event-ID`: `83-` and 64 hex digits. */
export const tagText = ({ seq, sha256 }: RulesetTag): string =>
  sha256 === null ? `${seq}` : `${seq}-${sha256}`;

/** Of rulesets: those of a 32-bit column. */
const HIGHEST = 2_147_483_647;

/** Reads a tag, also the bare number that older clients send. Null for anything else, and for what no ruleset can have. */
export function parseTag(text: string | undefined): RulesetTag | null {
  const found = /^\s*(\d{1,10})(?:-([0-9a-f]{64}))?\s*$/.exec(text ?? '');
  const seq = Number(found?.[1]);
  return found && seq <= HIGHEST ? { seq, sha256: found[2] ?? null } : null;
}

/** The tag in `If-None-Match: "83-…"` (weak or not), null for anything else. */
export function parseEtag(header: string | undefined): RulesetTag | null {
  return parseTag(/^\s*(?:W\/)?"([^"]*)"\s*$/.exec(header ?? '')?.[1]);
}

/**
 * Whether `current` is to be sent to who has `known`: it is newer, or the same number with another content. Who is ahead
 * read from a faster feed or from a database that was since restored: rulesets never go back.
 */
export function isNews(current: { seq: number; sha256: string }, known: RulesetTag | null): boolean {
  if (known === null || current.seq !== known.seq) return current.seq > (known?.seq ?? 0);
  return known.sha256 !== null && known.sha256 !== current.sha256;
}
