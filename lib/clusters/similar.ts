import type { Actor } from '#lib/actor';
import { db } from '#lib/db';
import { AppError } from '#lib/errors';
import { authorize } from '#lib/permissions';
import { maskTitles } from '#lib/secrets/queries';
import { comparedTexts, compareWith } from './compare.ts';
import type { Difference } from './differences.ts';
import { mostShared, readSignatures } from './lookup.ts';
import { anyScope, bandHashes, similarity } from './minhash.ts';
import { clusterRef } from './schema.ts';
import { clusteredText, shapeOf } from './shape.ts';

/** What a search answers with at most, and from which similarity on; a cluster asks for more. */
const SIMILAR_LIMIT = 50;
const SIMILAR_FROM = 0.4;

/** Shapes that one bucket gives, over all scopes; newest clusters are not preferred. */
const PER_BAND = 24;

export type SimilarInteraction = {
  id: string;
  /** 1 for the same shape, else estimated. */
  similarity: number;
  clusterId: string | null;
  ref: string | null;
  sameCluster: boolean;
  title: string;
  category: string;
  severity: string;
  language: string;
  modelName: string;
  tenant: string | null;
  receivedAt: Date;
  state: string;
  verdict: string | null;
  /** What it has and the other has not; null when one of the two was erased. */
  differences: Difference[] | null;
};

type Row = Omit<SimilarInteraction, 'ref' | 'similarity' | 'sameCluster' | 'differences'> & {
  number: number;
  shapeId: string;
};

/**
 * What is like an interaction, the likest first: the other members of its cluster, and near-duplicates under other
 * rules, categories and languages. Also for a control sample, which is in no cluster. Throws `not_found`.
 */
export async function findSimilar(
  actor: Actor,
  interactionId: string,
): Promise<{ items: SimilarInteraction[] }> {
  authorize(actor, 'interaction.read');
  const row = await db.interaction
    .findUnique({
      where: { id: interactionId },
      select: {
        language: true,
        prompt: true,
        completion: true,
        erasedAt: true,
        clusterMember: {
          select: { clusterId: true, shapeId: true, shape: { select: { scope: true, features: true } } },
        },
      },
    })
    .catch(() => null);
  if (!row) throw new AppError('not_found', `There is no interaction ${interactionId.slice(0, 80)}.`);
  const own = row.clusterMember;
  const closeness = new Map<string, number>(own ? [[own.shapeId, 1]] : []);
  const signature = row.erasedAt
    ? own && (await readSignatures(db, [own.shapeId])).get(own.shapeId)
    : signatureOf(row);
  if (signature) {
    for (const [shapeId, other] of await neighbours(signature)) {
      const estimate = shapeId === own?.shapeId ? 1 : similarity(signature, other);
      if (estimate >= SIMILAR_FROM) closeness.set(shapeId, estimate);
    }
  }
  const rows = await members(interactionId, own?.clusterId ?? null, [...closeness.keys()]);
  const unknown = [...new Set(rows.map(({ shapeId }) => shapeId))].filter((id) => !closeness.has(id));
  for (const [shapeId, other] of await readSignatures(db, unknown)) {
    closeness.set(shapeId, signature ? similarity(signature, other) : 0);
  }
  const items = rows
    .map(({ number, shapeId, ...found }) => ({
      ...found,
      ref: clusterRef(number),
      sameCluster: found.clusterId === own?.clusterId,
      similarity: closeness.get(shapeId) ?? 0,
    }))
    .sort((one, other) => other.similarity - one.similarity || (one.id < other.id ? 1 : -1))
    .slice(0, SIMILAR_LIMIT);
  const { language, prompt, completion } = row;
  const first = { id: interactionId, language, prompt, completion, features: own?.shape.features ?? [] };
  const compared = await compareWith(first, await comparedTexts(items.map(({ id }) => id)));
  const titled = await maskTitles(items);
  return { items: titled.map((item) => ({ ...item, differences: compared.get(item.id) ?? null })) };
}

function signatureOf(row: { language: string; prompt: string; completion: string }) {
  const { text, language } = clusteredText(row);
  return shapeOf(text, language).signature;
}

async function neighbours(signature: Uint32Array): Promise<Map<string, Uint32Array>> {
  const hashes = bandHashes(signature, '');
  const ranges = hashes.map(anyScope);
  const rows = await db.$queryRaw<{ place: number; shapeId: string }[]>`
    SELECT (asked.place - 1)::int AS place, entry.shape_id AS "shapeId"
    FROM unnest(${ranges.map((_, band) => band)}::smallint[], ${ranges.map(({ from }) => String(from))}::bigint[],
      ${ranges.map(({ to }) => String(to))}::bigint[]) WITH ORDINALITY AS asked (band, low, high, place)
    CROSS JOIN LATERAL (
      SELECT shape_id FROM cluster_band
      WHERE band = asked.band AND hash BETWEEN asked.low AND asked.high LIMIT ${PER_BAND}) entry`;
  const buckets = new Map<string, string[]>();
  for (const { place, shapeId } of rows) {
    const key = `${place}:${hashes[place]}`;
    buckets.set(key, [...(buckets.get(key) ?? []), shapeId]);
  }
  return readSignatures(db, mostShared(hashes, buckets));
}

/** The newest few members of each shape, and the newest of the own cluster. */
async function members(interactionId: string, clusterId: string | null, shapeIds: string[]): Promise<Row[]> {
  return db.$queryRaw<Row[]>`
    WITH near AS (
      (SELECT m.interaction_id, m.cluster_id, m.shape_id FROM unnest(${shapeIds}::uuid[]) AS given (shape_id)
        CROSS JOIN LATERAL (SELECT interaction_id, cluster_id, shape_id FROM cluster_member
          WHERE shape_id = given.shape_id ORDER BY interaction_id DESC LIMIT 10) m)
      UNION
      (SELECT interaction_id, cluster_id, shape_id FROM cluster_member
        WHERE cluster_id = ${clusterId}::uuid ORDER BY joined_at DESC LIMIT ${SIMILAR_LIMIT})
    )
    SELECT i.id, near.shape_id AS "shapeId", near.cluster_id AS "clusterId", c.number,
      coalesce(f.title, 'No finding') AS title, q.category, q.severity, i.language, i.model_name AS "modelName",
      i.tenant, i.received_at AS "receivedAt", q.state, q.verdict
    FROM near
    JOIN interaction i ON i.id = near.interaction_id
    JOIN queue_item q ON q.interaction_id = i.id
    JOIN cluster c ON c.id = near.cluster_id
    LEFT JOIN LATERAL (SELECT coalesce(message, rule, detector) AS title FROM finding
      WHERE interaction_id = i.id ORDER BY severity <> q.severity, position LIMIT 1) f ON true
    WHERE near.interaction_id <> ${interactionId}::uuid`;
}
