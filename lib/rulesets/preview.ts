import type { Actor } from '#lib/actor';
import { db } from '#lib/db';
import { authorize } from '#lib/permissions';
import { planRestoration } from './restore.ts';

export type RestorationPreview = {
  /**
   * Rules that would end, that would be in an earlier stage or come back (`from` is the stage they are in, null for one
   * that is not live), and that stay over since their own time passed.
   */
  ending: { ref: string; title: string }[];
  returning: { ref: string; title: string; stage: string; from: string | null }[];
  over: string[];
};

/** What going back to ruleset `seq` would change right now. Throws `not_found`. */
export async function previewRestoration(actor: Actor, seq: number): Promise<RestorationPreview> {
  authorize(actor, 'mitigation.publish');
  const { ending, returning, over } = await db.$transaction((tx) =>
    planRestoration(tx, seq, new Date(), { lock: false }),
  );
  const titles = await db.mitigation.findMany({
    where: { id: { in: [...ending, ...returning.map(({ row }) => row)].map(({ id }) => id) } },
    select: { id: true, title: true },
  });
  const titleOf = (id: string) => titles.find((row) => row.id === id)?.title ?? '';
  return {
    ending: ending.map(({ id, number }) => ({ ref: `R-${number}`, title: titleOf(id) })),
    returning: returning.map(({ row, stage }) => ({
      ref: `R-${row.number}`,
      title: titleOf(row.id),
      stage,
      from: row.state === 'live' ? row.stage : null,
    })),
    over,
  };
}
