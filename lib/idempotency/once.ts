import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { type Actor, actorKey } from '#lib/actor';
import type { Tx } from '#lib/db';
import { AppError } from '#lib/errors';

/** How long a key is remembered; afterwards it may be used again, for anything. */
export const KEPT_HOURS = 24;

/**
 * One request that carries an Idempotency-Key. What it does and the answer to it commit together: a request whose answer
 * was lost is sent again and gets that answer, and nothing is made twice. A refused request keeps nothing.
 */
type Request = {
  actor: string;
  key: string;
  /** What is asked for, e.g. `POST /api/v1/incidents`. */
  operation: string;
  /** SHA-256 of the canonical JSON of what is sent, hex. */
  digest: string;
  /** Set by the verb: `keepNoAnswer`. */
  secret: boolean;
  claimed: boolean;
};

// Pages and routes are bundled apart, each with a copy of this module, and share the one client of the database.
const shared = globalThis as { stopgapRequest?: AsyncLocalStorage<Request> };
shared.stopgapRequest ??= new AsyncLocalStorage<Request>();
const current = shared.stopgapRequest;

/** 1 to 255 visible ASCII characters, as the IETF draft of the header field asks for at least. */
const KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * Runs `act` so that its first transaction is carried out at most once for this actor and key. Throws `invalid` for a
 * malformed key and `unprocessable` when the key came with something else before.
 */
export async function once<T>(
  actor: Actor,
  key: string | null,
  { operation, input }: { operation: string; input: unknown },
  act: () => Promise<T>,
): Promise<T> {
  if (key === null) return act();
  if (!KEY.test(key)) {
    const message = 'must be 1 to 255 visible ASCII characters without blanks';
    throw new AppError('invalid', `Idempotency-Key: ${message}.`, { fields: { 'Idempotency-Key': message } });
  }
  const digest = createHash('sha256')
    .update(canonicalize(input) ?? '')
    .digest('hex');
  return current.run({ actor: actorKey(actor), key, operation, digest, secret: false, claimed: false }, act);
}

/** Said by a verb, before its transaction, that is sent a secret or shows one that stays: each call acts, nothing is kept. */
export function ignoreKey(): void {
  const request = current.getStore();
  if (request) request.claimed = true;
}

/** Said by a verb, before its transaction, that makes a secret: it is made once, and no door to it keeps the answer. */
export function keepNoAnswer(): void {
  const request = current.getStore();
  if (request) request.secret = true;
}

/** Runs the transaction, or answers what it answered when this very request was carried out before. */
export async function transactOnce<T>(tx: Tx, run: (tx: Tx) => Promise<T>): Promise<T> {
  const request = current.getStore();
  if (!request || request.claimed) return run(tx);
  request.claimed = true;
  const { actor, key, operation, digest } = request;
  // A second one with the same key waits here until the first has committed or given up.
  const claimed = await tx.$executeRaw`
    INSERT INTO idempotency_key AS known (actor, key, operation, digest)
    VALUES (${actor}, ${key}, ${operation}, ${digest})
    ON CONFLICT (actor, key) DO UPDATE SET operation = excluded.operation, digest = excluded.digest,
      answer = NULL, created_at = clock_timestamp()
    WHERE known.created_at < clock_timestamp() - ${KEPT_HOURS} * interval '1 hour'`;
  if (claimed === 0) return replay<T>(tx, request);
  const result = await run(tx);
  const answer = request.secret ? null : JSON.stringify({ value: result }, keepDates);
  await tx.$executeRaw`
    UPDATE idempotency_key SET answer = ${answer} WHERE actor = ${actor} AND key = ${key}`;
  return result;
}

/** Stands in place of a request that was taken back, whether or not it had come. */
const TAKEN_BACK = 'taken back';

/**
 * Takes a key out of use: a request with it that is still on its way will change nothing. Answers what a request that
 * came before was answered, how many seconds ago, and whether its key was taken out already; null where none came.
 */
export async function takeKeyBack(
  tx: Tx,
  actor: Actor,
  key: string,
): Promise<{ answer: unknown; seconds: number; again: boolean } | null> {
  const who = actorKey(actor);
  // Whichever of the two comes second waits here until the first has committed or given up.
  const first = await tx.$executeRaw`
    INSERT INTO idempotency_key (actor, key, operation, digest) VALUES (${who}, ${key}, ${TAKEN_BACK}, '')
    ON CONFLICT (actor, key) DO NOTHING`;
  if (first === 1) return null;
  const [came] = await tx.$queryRaw<{ operation: string; answer: string | null; seconds: number }[]>`
    SELECT operation, answer, extract(epoch FROM clock_timestamp() - created_at)::float8 AS seconds
    FROM idempotency_key WHERE actor = ${who} AND key = ${key} FOR UPDATE`;
  await tx.$executeRaw`
    UPDATE idempotency_key SET operation = ${TAKEN_BACK} WHERE actor = ${who} AND key = ${key}`;
  if (!came || (came.operation === TAKEN_BACK && came.answer === null)) return null;
  const answer: unknown = came.answer === null ? null : JSON.parse(came.answer, reviveDates).value;
  return { answer, seconds: came.seconds, again: came.operation === TAKEN_BACK };
}

async function replay<T>(tx: Tx, { actor, key, operation, digest }: Request): Promise<T> {
  const known = await tx.idempotencyKey.findUniqueOrThrow({ where: { actor_key: { actor, key } } });
  const at = `${known.createdAt.toISOString().slice(0, 19)}Z`;
  if (known.operation === TAKEN_BACK) {
    throw new AppError('conflict', 'This was taken back before, so nothing was changed.');
  }
  if (known.operation !== operation || known.digest !== digest) {
    throw new AppError(
      'unprocessable',
      `This Idempotency-Key came with another request (${known.operation} at ${at}). Nothing was changed. Send a new key with a new request.`,
    );
  }
  if (known.answer === null) {
    throw new AppError(
      'conflict',
      `This was carried out at ${at}. Its answer held what is shown once, so it was not kept. Send it again with a new Idempotency-Key, and revoke what the first one made, if it made anything.`,
    );
  }
  return JSON.parse(known.answer, reviveDates).value;
}

const DATE = '$date';

function keepDates(this: unknown, key: string, value: unknown): unknown {
  const raw = (this as Record<string, unknown>)[key];
  return raw instanceof Date ? { [DATE]: raw.toISOString() } : value;
}

function reviveDates(_key: string, value: unknown): unknown {
  const iso = typeof value === 'object' && value !== null && DATE in value ? value[DATE] : undefined;
  return typeof iso === 'string' ? new Date(iso) : value;
}
