import { redirect } from 'next/navigation';
import { termsOf } from '#lib/interactions/queries';
import { listInteractionsSchema } from '#lib/interactions/schema';
import { investigateHref } from '#lib/search/address';

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

/** Where the list once was: its addresses, kept by people and in notes, lead to the same query. */
export default async function InteractionsPage({ searchParams }: Props) {
  const given = Object.entries(await searchParams).filter(
    ([name, value]) => value !== '' && listInteractionsSchema.safeParse({ [name]: value }).success,
  );
  const { cursor: _, ...filters } = listInteractionsSchema.parse(Object.fromEntries(given));
  redirect(investigateHref(termsOf(filters)));
}
