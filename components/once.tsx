import { unstable_rethrow } from 'next/navigation';
import { uuidv7 } from 'uuidv7';
import type { ActionResult } from '#lib/action';

const UNANSWERED =
  'Stopgap did not answer. What you typed is still here. Try again: it is carried out once, however often you send it.';

/**
 * A server action that may be sent again after a lost answer. The same input goes with the same idempotency key until
 * there is an answer; after one, the same input is a new request. `pack` is how large inputs travel.
 */
export function once<T>(
  act: (input: unknown) => Promise<ActionResult<T>>,
  pack: (input: object) => unknown = (input) => input,
): (input: object) => Promise<ActionResult<T>> {
  const unanswered = new Map<string, string>();
  return async (input) => {
    const asked = JSON.stringify(input);
    const idempotencyKey = unanswered.get(asked) ?? uuidv7();
    unanswered.set(asked, idempotencyKey);
    try {
      const result = await act(pack({ ...input, idempotencyKey }));
      if (result.ok || result.code !== 'unexpected') unanswered.delete(asked);
      return result;
    } catch (error) {
      // Being sent to sign-in is Next.js's own error and no lost connection.
      unstable_rethrow(error);
      return { ok: false, code: 'unavailable', message: UNANSWERED };
    }
  };
}
