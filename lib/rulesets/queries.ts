import { db } from '#lib/db';

/** The newest snapshot as it travels, or null before the first. Not guarded: the feed checks its callers. */
export async function latestRuleset() {
  return db.ruleset.findFirst({
    orderBy: { seq: 'desc' },
    select: {
      seq: true,
      payload: true,
      signature: true,
      keyId: true,
      rules: true,
      cause: true,
      publishedAt: true,
      expiresAt: true,
    },
  });
}
