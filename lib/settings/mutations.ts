import type { Actor } from '#lib/actor';
import { recordEvent } from '#lib/audit/record';
import { db } from '#lib/db';
import { authorize } from '#lib/permissions';
import { requestReroute } from '#lib/queues/reroute';
import { REVIEW_SETTINGS_KEY, reviewSettings } from './queries.ts';
import type { ChangeReviewSettings, ReviewSettings } from './schema.ts';

/** Changes the given fields and leaves the others; the event keeps each changed field's before and after. */
export async function changeReviewSettings(
  actor: Actor,
  input: ChangeReviewSettings,
): Promise<ReviewSettings> {
  authorize(actor, 'settings.write');
  return db.$transaction(async (tx) => {
    // Two people changing different fields at once must both be heard.
    await tx.$executeRaw`
      INSERT INTO setting (key, value) VALUES (${REVIEW_SETTINGS_KEY}, '{}') ON CONFLICT (key) DO NOTHING`;
    await tx.$queryRaw`SELECT 1 FROM setting WHERE key = ${REVIEW_SETTINGS_KEY} FOR UPDATE`;
    const before = await reviewSettings(tx);
    const after = { ...before, ...input };
    const changed = (Object.keys(input) as (keyof ReviewSettings)[]).filter(
      (field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]),
    );
    if (changed.length === 0) return before;
    await tx.setting.update({
      where: { key: REVIEW_SETTINGS_KEY },
      data: { value: after, updatedAt: new Date() },
    });
    // Who reads what waits already is settled anew, not only for what arrives from now on.
    if (changed.some((field) => field === 'secondShare' || field === 'secondShareSevere')) {
      await requestReroute(tx);
    }
    await recordEvent(tx, actor, {
      action: 'settings.change',
      subject: { type: 'settings', id: REVIEW_SETTINGS_KEY },
      data: Object.fromEntries(
        changed.map((field) => [field, { before: before[field], after: after[field] }]),
      ),
    });
    return after;
  });
}
