import { db } from '#lib/db';
import { AppError } from '#lib/errors';

/** Failures allowed per key in one window, and the window's length. */
const FAILURES = 10;
const WINDOW_SECONDS = 15 * 60;

/** Throws `rate_limited` when any of the keys (e-mail, address) has failed too often lately. */
export async function refuseIfThrottled(keys: string[]): Promise<void> {
  const blocked = await db.signInThrottle.findFirst({
    where: { key: { in: keys }, failures: { gte: FAILURES }, expiresAt: { gt: new Date() } },
  });
  if (!blocked) return;
  const retryAfterSeconds = Math.ceil((blocked.expiresAt.getTime() - Date.now()) / 1000);
  throw new AppError(
    'rate_limited',
    `Too many failed sign-ins. Try again in ${Math.ceil(retryAfterSeconds / 60)} minutes.`,
    {
      retryAfterSeconds,
    },
  );
}

/** Counts one failure per key in one statement each, so that parallel guesses all count. */
export async function countFailure(keys: string[]): Promise<void> {
  for (const key of keys) {
    await db.$executeRaw`
      INSERT INTO sign_in_throttle (key, failures, expires_at)
      VALUES (${key}, 1, now() + make_interval(secs => ${WINDOW_SECONDS}))
      ON CONFLICT (key) DO UPDATE SET
        failures = CASE WHEN sign_in_throttle.expires_at < now() THEN 1 ELSE sign_in_throttle.failures + 1 END,
        expires_at = CASE WHEN sign_in_throttle.expires_at < now() THEN EXCLUDED.expires_at ELSE sign_in_throttle.expires_at END`;
  }
}

export async function forgetFailures(keys: string[]): Promise<void> {
  await db.signInThrottle.deleteMany({ where: { key: { in: keys } } });
}
