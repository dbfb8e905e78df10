import { db } from '#lib/db';
import { AppError } from '#lib/errors';

/** Failures allowed in one window: of one account from one address, or of one person's own confirmations. */
export const MAX_FAILURES = 10;
/** The same for what many share: an account from all addresses, an address for all accounts. */
export const MAX_SHARED_FAILURES = 100;
const WINDOW_SECONDS = 15 * 60;
const KNOWN_DAYS = 30;

/**
 * Takes one try from each key before the password is looked at; throws `rate_limited` when a
 * key has none left. Counting and looking are one statement per key, so that parallel guesses cannot share a try.
 */
export async function takeTry(keys: string[], max = MAX_FAILURES): Promise<void> {
  for (const key of keys) {
    const [row] = await db.$queryRaw<{ failures: number; expires_at: Date }[]>`
      INSERT INTO sign_in_throttle (key, failures, expires_at)
      VALUES (${key}, 1, now() + make_interval(secs => ${WINDOW_SECONDS}))
      ON CONFLICT (key) DO UPDATE SET
        failures = CASE WHEN sign_in_throttle.expires_at < now() THEN 1 ELSE sign_in_throttle.failures + 1 END,
        expires_at = CASE WHEN sign_in_throttle.expires_at < now() THEN EXCLUDED.expires_at ELSE sign_in_throttle.expires_at END
      RETURNING failures, expires_at`;
    if (row && row.failures > max) throw tooMany(row.expires_at);
  }
}

function tooMany(until: Date): AppError {
  const retryAfterSeconds = Math.max(1, Math.ceil((until.getTime() - Date.now()) / 1000));
  const minutes = Math.ceil(retryAfterSeconds / 60);
  return new AppError('rate_limited', `Too many failed tries. Try again in ${minutes} min.`, {
    retryAfterSeconds,
  });
}

/** Gives back the try of a success: an account of one's own must not wipe out failures against other people's. */
export async function giveBack(keys: string[]): Promise<void> {
  await db.$executeRaw`UPDATE sign_in_throttle SET failures = greatest(0, failures - 1) WHERE key = ANY(${keys})`;
}

/** Whether this account signed in from this address within a month: then other people's failures do not hold it up. */
export async function isKnown(pair: string): Promise<boolean> {
  const row = await db.signInThrottle.findUnique({ where: { key: `known:${pair}` } });
  return row !== null && row.expiresAt > new Date();
}

export async function rememberKnown(pair: string): Promise<void> {
  const expiresAt = new Date(Date.now() + KNOWN_DAYS * 86_400_000);
  await db.signInThrottle.upsert({
    where: { key: `known:${pair}` },
    create: { key: `known:${pair}`, failures: 0, expiresAt },
    update: { expiresAt },
  });
}
