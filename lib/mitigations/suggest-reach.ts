import { findCandidates, piecesOf } from '#lib/search/candidates';
import { eachRow, openSession } from '#lib/search/session';
import type { Rule, RuleMatcher } from '#sdk/rule';
import { requiredOf } from './backtest-required.ts';
import { hitter } from './suggest-choose.ts';

/** Interactions at most whose texts are read to see how far a feature reaches; a back-test reads them all. */
const READ = 2_000;

/** Where something was found: what a scope may be narrowed by. */
export type Place = { modelName: string; language: string; surface: string };

/**
 * Where else the matcher hits what is flagged, besides the members: a scope that left those places out would be a trap.
 * The index rules out what cannot have it; what it does not hold yet is read anyway, and of a feature that very many may
 * have the newest. What people found benign says nothing.
 * no authorize: answers places to queries that have asked.
 */
export async function placesBeyond(
  { matcher, target }: { matcher: RuleMatcher; target: Rule['target'] },
  memberIds: readonly string[],
): Promise<Place[]> {
  if (matcher.kind === 'any') return [];
  const hits = hitter(matcher, target);
  const places = new Map<string, Place>();
  const session = await openSession();
  try {
    const pieces = piecesOf(requiredOf(matcher));
    const indexed = pieces && (await findCandidates(session, pieces, READ));
    await eachRow<[string, string, string, string, string]>(
      session,
      `SELECT i.model_name, i.language, i.surface, i.prompt, i.completion FROM interaction i
       WHERE ($1::uuid[] IS NULL OR i.id = ANY($1::uuid[])
           OR NOT EXISTS (SELECT 1 FROM search_document d WHERE d.interaction_id = i.id))
         AND i.erased_at IS NULL AND NOT i.id = ANY($2::uuid[])
         AND EXISTS (SELECT 1 FROM finding f WHERE f.interaction_id = i.id)
         AND NOT EXISTS (SELECT 1 FROM queue_item q
           WHERE q.interaction_id = i.id AND q.state = 'decided' AND q.verdict = 'benign')
       ORDER BY i.received_at DESC, i.id DESC LIMIT ${READ}`,
      [indexed, [...memberIds]],
      ([modelName, language, surface, prompt, completion]) => {
        const key = JSON.stringify([modelName, language, surface]);
        if (!places.has(key) && hits({ prompt, completion, language })) {
          places.set(key, { modelName, language, surface });
        }
      },
    );
  } finally {
    await session.end();
  }
  return [...places.values()];
}
