import type { db, Tx } from '#lib/db';
import { AppError } from '#lib/errors';
import type { Rule } from '#sdk/rule';
import { SERVES } from './members.ts';
import { type SdkVersion, type Unread, unreadBy, unreadWords } from './unread.ts';

type Read = Pick<Rule, 'matcher'>;

/** The SDKs that serve, most instances first; OPA gets rules as data from the feed, which is as new as the publisher. */
export async function sdkVersions(client: Tx | typeof db): Promise<SdkVersion[]> {
  return client.$queryRaw<SdkVersion[]>`
    SELECT i.sdk_version AS version, count(*)::int AS instances FROM instance i
    WHERE ${SERVES} AND i.kind <> 'opa' GROUP BY 1 ORDER BY 2 DESC, 1`;
}

/** Who of the fleet could not read a rule; null where all can. */
export async function whoCannotRead(client: Tx | typeof db, rule: Read): Promise<Unread | null> {
  return unreadBy(await sdkVersions(client), rule);
}

/** Throws `conflict` with the field `acceptUnread` where instances could not read the rule and nobody said that this is meant. */
export async function refuseUnread(tx: Tx, rule: Read, accepted: boolean): Promise<void> {
  const unread = accepted ? null : await whoCannotRead(tx, rule);
  if (unread === null) return;
  const words = unreadWords(unread);
  throw new AppError(
    'conflict',
    `Nothing was published. ${words} If the others are to have it at once, say so.`,
    {
      fields: { acceptUnread: words },
    },
  );
}
