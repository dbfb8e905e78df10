import type { Actor, UserActor } from '#lib/actor';
import { recordEvent } from '#lib/audit/record';
import { db, Prisma, type Tx } from '#lib/db';
import { AppError } from '#lib/errors';
import { newId } from '#lib/ids';
import { authorize } from '#lib/permissions';
import { citedPolicy } from '#lib/reviews/requirements';
import { reviewSettings } from '#lib/settings/queries';
import { lockScope } from './assign.ts';
import {
  AUTOMATE_MAX_DAYS,
  type AutomateCluster,
  type CoverVariants,
  clusterRef,
  type SplitCluster,
  type StopAutomation,
} from './schema.ts';
import { moveOut } from './split.ts';
import { keepShown, standingBatch } from './variants.ts';

/**
 * Moves members into a new cluster of their own; what is stored of their decisions stays. Exact repeats of a shape
 * whose members all moved follow them. Throws `conflict` when a member is elsewhere by now, `invalid` for all members.
 */
export async function splitCluster(
  actor: Actor,
  input: SplitCluster,
): Promise<{ clusterId: string; ref: string; moved: number }> {
  authorize(actor, 'cluster.split');
  const ids = [...new Set(input.interactionIds.map((id) => id.toLowerCase()))];
  return db.$transaction(
    async (tx) => {
      const seen = await tx.cluster.findUnique({ where: { id: input.clusterId }, select: { scope: true } });
      if (!seen) throw noCluster();
      // Before the row, as those who assign do.
      await lockScope(tx, seen.scope);
      await tx.$queryRaw`SELECT 1 FROM cluster WHERE id = ${input.clusterId}::uuid FOR UPDATE`;
      const cluster = await tx.cluster.findUniqueOrThrow({ where: { id: input.clusterId } });
      const ref = clusterRef(cluster.number);
      const members = await tx.clusterMember.findMany({
        where: { interactionId: { in: ids } },
        select: { clusterId: true, cluster: { select: { number: true } } },
      });
      const elsewhere = members.filter(({ clusterId }) => clusterId !== cluster.id);
      const [first] = elsewhere;
      if (first) {
        throw new AppError(
          'conflict',
          `${elsewhere.length} of these ${elsewhere.length === 1 ? 'is' : 'are'} in ${clusterRef(first.cluster.number)} and not in ${ref}: somebody was faster. Nothing was moved; reload and choose again.`,
        );
      }
      if (members.length < ids.length) {
        throw new AppError(
          'not_found',
          `${ids.length - members.length} of these are in no cluster. Nothing was moved.`,
        );
      }
      const size = await tx.clusterMember.count({ where: { clusterId: cluster.id } });
      if (size === ids.length) {
        throw new AppError('invalid', `These are all members of ${ref}: leave at least one behind.`);
      }
      const made = await moveOut(tx, cluster, ids);
      const newRef = clusterRef(made.number);
      await recordEvent(tx, actor, {
        action: 'cluster.split',
        subject: { type: 'cluster', id: cluster.id },
        data: {
          ref,
          into: newRef,
          intoId: made.id,
          members: ids.length,
          shapes: made.shapes,
          interactionIds: ids,
          reason: input.reason?.trim() || null,
        },
      });
      return { clusterId: made.id, ref: newRef, moved: ids.length };
    },
    { timeout: 60_000 },
  );
}

/**
 * Lets later arrivals of a cluster be decided as they come, until a time at most seven days ahead: those of the variants
 * that were on the lead's screen. What waits already stays for people. Throws `conflict` while a standing decision is in
 * force, `invalid` for its time, its policy, or when nothing of the cluster was shown.
 */
export async function automateCluster(
  actor: Actor,
  input: AutomateCluster,
): Promise<{ batchId: string; until: Date }> {
  authorize(actor, 'cluster.automate');
  const lead = personIn(actor);
  const untilMs = input.until.getTime();
  if (untilMs <= Date.now() || untilMs > Date.now() + AUTOMATE_MAX_DAYS * 86_400_000) {
    const why = `must lie ahead, at most ${AUTOMATE_MAX_DAYS} days`;
    throw new AppError('invalid', `until: ${why}`, { fields: { until: why } });
  }
  return db.$transaction(async (tx) => {
    const policy = await citedPolicy(tx, await reviewSettings(tx), input);
    const turnedOn = await tx.$queryRaw<{ number: number }[]>`
      UPDATE cluster SET auto_verdict = ${input.verdict}, auto_policy_id = ${policy?.id ?? null}::uuid,
        auto_until = ${input.until}, auto_by_id = ${lead.id}::uuid
      WHERE id = ${input.clusterId}::uuid AND (auto_until IS NULL OR auto_until <= now())
      RETURNING number`;
    const [cluster] = turnedOn;
    if (!cluster) {
      const found = await tx.cluster.findUnique({ where: { id: input.clusterId } });
      if (!found?.autoUntil) throw noCluster();
      const by = found.autoById && (await tx.user.findUnique({ where: { id: found.autoById } }));
      throw new AppError(
        'conflict',
        `${clusterRef(found.number)} has a standing decision already, ${found.autoVerdict} until ${found.autoUntil.toISOString()}${by ? `, by ${by.name}` : ''}. Stop that one first.`,
      );
    }
    const batchId = newId();
    await tx.reviewBatch.create({
      data: {
        id: batchId,
        kind: 'standing',
        actorId: lead.id,
        clusterId: input.clusterId,
        verdict: input.verdict,
        policyId: policy?.id ?? null,
        note: input.note?.trim() || null,
        count: 0,
      },
    });
    const variants = await coverShown(tx, batchId, input);
    await recordEvent(tx, lead, {
      action: 'cluster.automate',
      subject: { type: 'cluster', id: input.clusterId },
      data: {
        ref: clusterRef(cluster.number),
        verdict: input.verdict,
        policy: policy && `${policy.key} v${policy.version}`,
        until: input.until.toISOString(),
        variants,
        batchId,
      },
    });
    return { batchId, until: input.until };
  });
}

/**
 * Takes the variants of these members into the standing decision that is in force, because its lead or another looked at
 * them; what waits stays for people. Throws `conflict` when none is in force, `invalid` when nothing was shown.
 */
export async function coverVariants(actor: Actor, input: CoverVariants): Promise<{ variants: number }> {
  authorize(actor, 'cluster.automate');
  return db.$transaction(async (tx) => {
    const [standing] = await tx.$queryRaw<{ number: number; batchId: string | null }[]>`
      SELECT c.number, ${standingBatch(Prisma.sql`c.id`)} AS "batchId" FROM cluster c
      WHERE c.id = ${input.clusterId}::uuid FOR UPDATE`;
    if (!standing?.batchId) return refuseStanding(tx, input.clusterId);
    const variants = await coverShown(tx, standing.batchId, input);
    await recordEvent(tx, actor, {
      action: 'cluster.cover_variants',
      subject: { type: 'cluster', id: input.clusterId },
      data: { ref: clusterRef(standing.number), batchId: standing.batchId, variants },
    });
    return { variants };
  });
}

/** Keeps what was shown of the cluster; answers how many variants are covered now. Throws `invalid` for none. */
async function coverShown(tx: Tx, batchId: string, { clusterId, shown }: CoverVariants): Promise<number> {
  const members = await tx.clusterMember.findMany({
    where: { clusterId, interactionId: { in: shown }, variant: { not: null } },
    select: { interactionId: true },
  });
  if (members.length === 0) {
    const why = 'names no member of this cluster whose text was compared: look at its variants first';
    throw new AppError('invalid', `shown: ${why}`, { fields: { shown: why } });
  }
  await keepShown(
    tx,
    batchId,
    members.map(({ interactionId }) => interactionId),
  );
  const variants = await tx.batchShown.groupBy({ by: ['variant'], where: { batchId } });
  return variants.length;
}

async function refuseStanding(tx: Tx, clusterId: string): Promise<never> {
  const found = await tx.cluster.findUnique({ where: { id: clusterId } });
  if (!found) throw noCluster();
  throw new AppError(
    'conflict',
    `${clusterRef(found.number)} has no standing decision: it ended or somebody stopped it.`,
  );
}

/** Ends a standing decision now; what it decided stays decided. Throws `conflict` when none is in force. */
export async function stopAutomation(actor: Actor, input: StopAutomation): Promise<{ decided: number }> {
  authorize(actor, 'cluster.automate');
  return db.$transaction(async (tx) => {
    const [cluster] = await tx.$queryRaw<{ number: number; until: Date }[]>`
      UPDATE cluster SET auto_verdict = NULL, auto_policy_id = NULL, auto_until = NULL, auto_by_id = NULL
      WHERE id = ${input.clusterId}::uuid AND auto_until > now()
      RETURNING number`;
    if (!cluster) return refuseStanding(tx, input.clusterId);
    const batch = await tx.reviewBatch.findFirst({
      where: { kind: 'standing', clusterId: input.clusterId },
      orderBy: { createdAt: 'desc' },
      select: { count: true },
    });
    const decided = batch?.count ?? 0;
    await recordEvent(tx, actor, {
      action: 'cluster.stop_automation',
      subject: { type: 'cluster', id: input.clusterId },
      data: { ref: clusterRef(cluster.number), decided },
    });
    return { decided };
  });
}

function noCluster(): AppError {
  return new AppError('not_found', 'There is no such cluster.');
}

function personIn(actor: Actor): UserActor {
  if (actor.kind === 'user') return actor;
  throw new AppError('forbidden', 'Only a person can give a standing decision.');
}
