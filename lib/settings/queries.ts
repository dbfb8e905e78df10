import type { Actor } from '#lib/actor';
import { db, type Tx } from '#lib/db';
import { authorize } from '#lib/permissions';
import { type ReviewSettings, reviewSettingsSchema } from './schema.ts';

/** The row of `setting` that holds them. */
export const REVIEW_SETTINGS_KEY = 'review';

/** How review works here, for the verbs that obey it; one indexed read. */
export async function reviewSettings(client: Tx = db): Promise<ReviewSettings> {
  const row = await client.setting.findUnique({ where: { key: REVIEW_SETTINGS_KEY } });
  return reviewSettingsSchema.parse(row?.value ?? {});
}

/** The same for the pages that show them. */
export async function getReviewSettings(actor: Actor): Promise<ReviewSettings> {
  authorize(actor, 'settings.read');
  return reviewSettings();
}
