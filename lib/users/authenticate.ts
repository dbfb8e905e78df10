import { db } from '#lib/db';
import { verifyPassword } from './password.ts';
import { giveBack, isKnown, MAX_SHARED_FAILURES, rememberKnown, takeTry } from './throttle.ts';

/**
 * The person with this e-mail and password, or null. Throws `rate_limited` before any password is looked at.
 * Failures count per account and address, so nobody can lock anybody else out with a few. What many share, an account
 * from everywhere and an address of everybody, has a higher limit, which does not hold up whoever signed in from there
 * before.
 */
export async function authenticate(input: {
  email: string;
  password: string;
  address: string;
}): Promise<{ id: string; name: string } | null> {
  const email = input.email.trim().toLowerCase().slice(0, 320);
  const pair = `${email} ${input.address}`;
  const shared = (await isKnown(pair)) ? [] : [`address:${input.address}`, `email:${email}`];
  const [address = [], account = []] = shared.map((key) => [key]);
  // The address first: one that is spent takes no tries of accounts.
  await takeTry(address, MAX_SHARED_FAILURES);
  await takeTry([`pair:${pair}`]);
  await takeTry(account, MAX_SHARED_FAILURES);
  const user = await db.user.findUnique({ where: { email } });
  const matches = await verifyPassword(input.password.slice(0, 200), user?.passwordHash ?? null);
  if (!user || user.disabledAt || !matches) return null;
  await giveBack([...shared, `pair:${pair}`]);
  await rememberKnown(pair);
  return { id: user.id, name: user.name };
}
