import { unstable_rethrow } from 'next/navigation';
import type { ActionResult } from '#lib/action';

const UNREACHABLE =
  'Stopgap does not answer right now. What you did may or may not have been saved: look before you repeat it.';

/** A server action's answer, with a lost connection as one more refusal, so that forms keep what was typed. */
export async function attempt<T>(call: Promise<ActionResult<T>>): Promise<ActionResult<T>> {
  try {
    return await call;
  } catch (error) {
    // Being sent to sign-in is Next.js's own error and no lost connection.
    unstable_rethrow(error);
    return { ok: false, code: 'unavailable', message: UNREACHABLE };
  }
}

/** A refusal with what was kept. A lost answer says that itself, and whether anything was saved nobody knows. */
export function refusalWords(
  { code, message }: Extract<ActionResult<unknown>, { ok: false }>,
  kept: string,
): string {
  return code === 'unavailable' ? message : `${message} ${kept}`;
}
