import { db } from '#lib/db';
import { verifyPassword } from './password.ts';
import { giveBack, takeTry } from './throttle.ts';

/**
 * The person with this e-mail and password, or null. Throttled per e-mail and per address.
 * Throws `rate_limited` before any password is looked at.
 */
export async function authenticate(input: {
  email: string;
  password: string;
  address: string;
}): Promise<{ id: string; name: string } | null> {
  const email = input.email.trim().toLowerCase().slice(0, 320);
  const keys = [`email:${email}`, `address:${input.address}`];
  await takeTry(keys);
  const user = await db.user.findUnique({ where: { email } });
  const matches = await verifyPassword(input.password.slice(0, 200), user?.passwordHash ?? null);
  if (!user || user.disabledAt || !matches) return null;
  await giveBack(keys);
  return { id: user.id, name: user.name };
}
