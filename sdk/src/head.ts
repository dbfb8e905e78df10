import { type KeyObject, verify } from 'node:crypto';
import { parseTag, tagText } from './tag.ts';

// A ruleset's signature says who published it, never that nothing came after it: an old one is as genuine as ever. The
// publisher therefore signs every half minute which ruleset is the newest. TUF calls this the timestamp role.

/** Which ruleset was the newest, in which content, and when that was so by the publisher's database. */
export interface Head {
  seq: number;
  /** SHA-256 (hex) over the exact signed payload. */
  sha256: string;
  at: Date;
}

/** Beside a ruleset in an answer; the event of the same in a stream is `head`. */
export const HEAD_HEADER = 'stopgap-head';

/** How old a head may be where nothing else is known, milliseconds. */
export const HEAD_MAX_AGE_MS = 10 * 60_000;

/** How far ahead of the reader's clock a head may be, milliseconds: beyond that clock is wrong, or the publisher's was. */
const HEAD_AHEAD_MS = 5 * 60_000;

/** Whether it was signed further in the future than clocks may be apart: it is shown, and nothing rests on it. */
export const isFromFuture = ({ at }: Head, now = Date.now()): boolean => at.getTime() - now > HEAD_AHEAD_MS;

/**
 * Whether a head takes the place of the one before: the later does, but one from the future gives way to any that is not,
 * so that a clock which ran ahead once holds back nothing that is signed after it was set right.
 */
export function isLaterHead(head: Head, before: Head | null, now = Date.now()): boolean {
  if (!before) return true;
  const [ahead, wasAhead] = [isFromFuture(head, now), isFromFuture(before, now)];
  return ahead === wasAhead ? head.at > before.at : wasAhead;
}

const named = ({ seq, sha256, at }: Head): string => `${tagText({ seq, sha256 })} ${at.toISOString()}`;

/** What is signed. Its first line is no beginning of a ruleset, so neither signature can stand for the other. */
export const headPayload = (head: Head): string => `stopgap-head-v1\n${named(head)}`;

/** As it travels: `83-<64 hex digits> 2026-01-31T12:00:00.000Z <signature, base64>`. */
export const headText = (head: Head, signature: string): string => `${named(head)} ${signature}`;

const FORM = /^(\d{1,10}-[0-9a-f]{64}) (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([A-Za-z0-9+/]{86}==)$/;

/** What it claims, unverified: for choosing only. Null for what is no head. */
export function claimedHead(text: string): Head | null {
  const [, tag, time = ''] = FORM.exec(text) ?? [];
  const { seq, sha256 } = parseTag(tag) ?? {};
  const at = new Date(time);
  if (seq === undefined || !sha256 || Number.isNaN(at.getTime())) return null;
  return { seq, sha256, at };
}

/** A head that one of the keys signed, null for anything else. */
export function openHead(text: string, keys: readonly KeyObject[]): Head | null {
  const head = claimedHead(text);
  if (!head) return null;
  const bytes = Buffer.from(headPayload(head));
  const written = text.slice(text.lastIndexOf(' ') + 1);
  const signature = Buffer.from(written, 'base64');
  // Base64 has several spellings of the same bytes; one is enough.
  if (signature.toString('base64') !== written) return null;
  return keys.some((key) => verify(null, bytes, key, signature)) ? head : null;
}
