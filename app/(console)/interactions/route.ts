import { termsOf } from '#lib/interactions/queries';
import { listInteractionsSchema } from '#lib/interactions/schema';
import { investigateHref } from '#lib/search/address';

/** Where the list once was: its addresses, kept by people and in notes, lead to the same query. */
export function GET(request: Request): Response {
  const given = [...new URL(request.url).searchParams].filter(
    ([name, value]) => value !== '' && listInteractionsSchema.safeParse({ [name]: value }).success,
  );
  const filters = listInteractionsSchema.parse(Object.fromEntries(given));
  const status = 307;
  try {
    return new Response(null, { status, headers: { Location: investigateHref(termsOf(filters)) } });
  } catch {
    // A line that cannot be read.
    return new Response(null, { status, headers: { Location: investigateHref([]) } });
  }
}
