import { createHash } from 'node:crypto';
import type { Actor } from '#lib/actor';
import { recordEvent } from '#lib/audit/record';
import { db } from '#lib/db';
import { listInteractions, termsOf } from '#lib/interactions/queries';
import type { ListInteractions } from '#lib/interactions/schema';
import { authorize } from '#lib/permissions';
import { writeQuery } from './query.ts';
import { readsTexts } from './texts.ts';

/**
 * What a query finds, newest first. One that reads texts leaves an event before it does: which keys it used and a digest
 * of its line, never the words, because people look for what must not be written down. Throws like `listInteractions`.
 */
export async function searchInteractions(actor: Actor, filters: ListInteractions) {
  authorize(actor, 'interaction.read');
  const terms = termsOf(filters);
  if (readsTexts(terms)) {
    const digest = createHash('sha256').update(writeQuery(terms)).digest('hex');
    await db.$transaction((tx) =>
      recordEvent(tx, actor, {
        action: 'interaction.search',
        subject: { type: 'search', id: digest.slice(0, 32) },
        data: { digest, keys: [...new Set(terms.map(({ key }) => key))].sort() },
      }),
    );
  }
  return listInteractions(actor, filters);
}
