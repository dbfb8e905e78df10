import type { Actor } from '#lib/actor';
import { db, Prisma } from '#lib/db';
import { AppError } from '#lib/errors';
import { authorize } from '#lib/permissions';
import { type ComparedText, comparedTexts, compareWith } from './compare.ts';
import { decodePlace, encodePlace } from './cursor.ts';
import { clusterKey, type ListMembers, listMembersSchema } from './schema.ts';

type MemberRow = ComparedText & {
  similarity: number;
  receivedAt: Date;
  modelName: string;
  modelVersion: string;
  tenant: string | null;
  tier: string | null;
  actorId: string;
  severity: string;
  state: string;
  verdict: string | null;
  heldUntil: Date | null;
};

/**
 * Members, newest first, each with only what differs from the representative. Texts are read and compared in the page's
 * bounds; an erased text has no differences to tell, so `differences` is null. Throws `not_found`.
 */
export async function listMembers(actor: Actor, ref: string, filters: ListMembers = {}) {
  authorize(actor, 'cluster.read');
  const { state, cursor, limit } = listMembersSchema.parse(filters);
  const key = clusterKey(ref);
  const cluster = key && (await db.cluster.findFirst({ where: key }));
  if (!cluster) throw new AppError('not_found', `There is no cluster ${ref.slice(0, 80)}.`);
  const where = [Prisma.sql`member.cluster_id = ${cluster.id}::uuid`];
  if (state !== 'all') where.push(Prisma.sql`item.state = ${state}`);
  if (cursor !== undefined) {
    const [at, id] = decodePlace(cursor, ['string', 'string']);
    where.push(Prisma.sql`(i.received_at, i.id) < (${at}::timestamptz, ${id}::uuid)`);
  }
  const rows = await db.$queryRaw<MemberRow[]>`
    SELECT i.id, member.similarity, i.received_at AS "receivedAt", i.model_name AS "modelName",
      i.model_version AS "modelVersion", i.tenant, i.tier, i.actor_id AS "actorId", i.language, i.prompt,
      i.completion, item.severity, item.state, item.verdict,
      CASE WHEN item.lease_expires_at > now() THEN item.lease_expires_at END AS "heldUntil", shape.features
    FROM cluster_member member
    JOIN interaction i ON i.id = member.interaction_id
    JOIN queue_item item ON item.interaction_id = i.id
    JOIN cluster_shape shape ON shape.id = member.shape_id
    WHERE ${Prisma.join(where, ' AND ')}
    ORDER BY i.received_at DESC, i.id DESC LIMIT ${limit + 1}`;
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const [representative = null] = await comparedTexts([cluster.representativeId]);
  const compared = await compareWith(representative, page);
  return {
    items: page.map(({ prompt: _, completion: __, features: ___, ...row }) => ({
      ...row,
      representative: row.id === cluster.representativeId,
      differences: compared.get(row.id) ?? null,
    })),
    nextCursor: rows.length > limit && last ? encodePlace([last.receivedAt, last.id]) : null,
  };
}

/** The newest members of a cluster by id, at most `limit`; none for a cluster there is not. */
export async function clusterMemberIds(actor: Actor, ref: string, limit: number): Promise<string[]> {
  authorize(actor, 'cluster.read');
  const key = clusterKey(ref);
  if (!key) return [];
  const rows = await db.clusterMember.findMany({
    where: { cluster: { is: key } },
    orderBy: [{ joinedAt: 'desc' }, { interactionId: 'desc' }],
    take: limit,
    select: { interactionId: true },
  });
  return rows.map(({ interactionId }) => interactionId);
}

export type ClusterMemberRow = Awaited<ReturnType<typeof listMembers>>['items'][number];
