import { db } from '#lib/db';
import { AppError } from '#lib/errors';

/** Failures allowed per key in one window, and the window's length. */
export const MAX_FAILURES = 10;
const WINDOW_SECONDS = 15 * 60;

/**
 * Takes one try from each key (an e-mail, an address) before the password is looked at; throws `rate_limited` when a
 * key has none left. Counting and looking are one statement per key, so that parallel guesses cannot share a try.
 */
export async function takeTry(keys: string[]): Promise<void> {
  for (const key of keys) {
    const [row] = await db.$queryRaw<{ failures: number; expires_at: Date }[]>`
      INSERT INTO sign_in_throttle (key, failures, expires_at)
      VALUES (${key}, 1, now() + make_interval(secs => ${WINDOW_SECONDS}))
      ON CONFLICT (key) DO UPDATE SET
        failures = CASE WHEN sign_in_throttle.expires_at < now() THEN 1 ELSE sign_in_throttle.failures + 1 END,
        expires_at = CASE WHEN sign_in_throttle.expires_at < now() THEN EXCLUDED.expires_at ELSE sign_in_throttle.expires_at END
      RETURNING failures, expires_at`;
    if (row && row.failures > MAX_FAILURES) throw tooMany(row.expires_at);
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
