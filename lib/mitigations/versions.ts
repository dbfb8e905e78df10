import type { Actor } from '#lib/actor';
import { db } from '#lib/db';
import { AppError } from '#lib/errors';
import { authorize } from '#lib/permissions';
import { byRef } from './lock.ts';

/**
 * Every content a rule ever had, oldest first: one for each version, and another where its publish cut its life short
 * or took up what a back-test said. `digest` is the SHA-256 of `body`, the RFC 8785 text of `content`. Throws `not_found`.
 */
export async function mitigationVersions(actor: Actor, idOrRef: string) {
  authorize(actor, 'mitigation.read');
  const [found] = await db.$queryRaw<{ id: string }[]>`
    SELECT id FROM mitigation WHERE ${byRef(idOrRef, 'R')}`;
  if (!found) throw new AppError('not_found', `There is no mitigation ${idOrRef}.`);
  const rows = await db.mitigationVersion.findMany({
    where: { mitigationId: found.id },
    orderBy: [{ version: 'asc' }, { writtenAt: 'asc' }],
    select: { version: true, digest: true, body: true, authorId: true, writtenAt: true },
  });
  const authors = rows.flatMap(({ authorId }) => authorId ?? []);
  const users = await db.user.findMany({ where: { id: { in: authors } }, select: { id: true, name: true } });
  return rows.map(({ body, authorId, ...row }) => ({
    ...row,
    author: users.find(({ id }) => id === authorId) ?? null,
    body,
    content: JSON.parse(body) as unknown,
  }));
}

export type MitigationVersions = Awaited<ReturnType<typeof mitigationVersions>>;
