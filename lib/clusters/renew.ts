import { db, Prisma, type Tx } from '#lib/db';
import { log } from '#lib/log';
import { toBytes } from './minhash.ts';
import { clusteredText, SIGNATURE_VERSION, shapeOf } from './shape.ts';
import { indexExemplars } from './write.ts';

// A literal, so that every plan may use the index of what is outdated.
const OUTDATED = Prisma.raw(String(SIGNATURE_VERSION));

type Outdated = {
  id: string;
  clusterId: string;
  language: string | null;
  prompt: string | null;
  completion: string | null;
};

/**
 * Makes signatures of an earlier version anew, the first shapes first, and answers how many. Until then no near-duplicate
 * joins their clusters; exact repeats do. A shape whose members' texts are all erased has nothing to compare any more.
 */
export async function renewShapes(limit: number): Promise<number> {
  return db.$transaction(
    async (tx) => {
      const shapes = await outdated(tx, limit);
      if (shapes.length === 0) return 0;
      const signatures = shapes.map((shape) => signatureOf(shape));
      await tx.$executeRaw`
        UPDATE cluster_shape SET minhash = decode(anew.minhash, 'hex'), signature_version = ${SIGNATURE_VERSION}::smallint
        FROM unnest(${shapes.map(({ id }) => id)}::uuid[],
          ${signatures.map((signature) => signature && toBytes(signature).toString('hex'))}::text[]) AS anew (id, minhash)
        WHERE cluster_shape.id = anew.id`;
      await indexExemplars(tx, [...new Set(shapes.map(({ clusterId }) => clusterId))]);
      return shapes.length;
    },
    { timeout: 60_000 },
  );
}

async function outdated(tx: Tx, limit: number): Promise<Outdated[]> {
  return tx.$queryRaw<Outdated[]>`
    WITH taken AS (
      SELECT id, cluster_id FROM cluster_shape WHERE signature_version < ${OUTDATED}
      ORDER BY id LIMIT ${limit} FOR NO KEY UPDATE SKIP LOCKED)
    SELECT taken.id, taken.cluster_id AS "clusterId", text.language, text.prompt, text.completion
    FROM taken LEFT JOIN LATERAL (
      SELECT i.language, i.prompt, i.completion
      FROM cluster_member member JOIN interaction i ON i.id = member.interaction_id
      WHERE member.shape_id = taken.id AND i.erased_at IS NULL LIMIT 1) text ON true`;
}

function signatureOf({ id, language, prompt, completion }: Outdated): Uint32Array | null {
  if (language === null || prompt === null || completion === null) return null;
  try {
    const clustered = clusteredText({ language, prompt, completion });
    return shapeOf(clustered.text, clustered.language).signature;
  } catch (error) {
    // The error's kind only: its message might quote the text.
    log('warn', 'a shape could not be renewed', {
      shapeId: id,
      error: error instanceof Error ? error.name : 'unknown',
    });
    return null;
  }
}
