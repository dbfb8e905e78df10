import { z } from 'zod';
import { CATEGORIES } from '#lib/interactions/schema';

const plain = (max: number) =>
  z
    .string()
    .max(max)
    .refine((text) => !text.includes('\0') && text.isWellFormed(), 'has a character that cannot be stored');

/** Act → keys, only where a person changed them; the acts are components/shell/keymap.tsx's. */
const keymapSchema = z
  .record(plain(60).min(1), plain(20))
  .refine((keymap) => Object.keys(keymap).length <= 200, 'names more acts than there are');

/** A list with its filters under a name. `path` is inside Stopgap; `query` is what stands after `?`. */
const savedViewSchema = z.strictObject({
  name: plain(60).trim().min(1, 'give it a name'),
  path: plain(200).regex(/^\/(?![/\\])/, 'must be a page of Stopgap'),
  query: plain(2_000),
});
export type SavedView = z.infer<typeof savedViewSchema>;

const viewsSchema = z
  .array(savedViewSchema)
  .max(50, 'holds 50; remove one first')
  .refine((views) => new Set(views.map(({ name, path }) => `${path} ${name}`)).size === views.length, {
    message: 'has two of the same name; choose another',
  });

/** What one person has set for themselves; every field has a default. */
export const preferenceSchema = z.strictObject({
  keymap: keymapSchema.default({}),
  views: viewsSchema.default([]),
  /** Categories that are not served to them. */
  optOuts: z
    .array(z.enum(CATEGORIES))
    .max(CATEGORIES.length)
    .default([])
    .transform((categories) => [...new Set(categories)]),
  /** Their own cap on consecutive items; it counts where it is lower than the setting's. Null: the setting's. */
  breakAfter: z.number().int().min(5).max(1_000).nullable().default(null),
});
export type Preference = z.infer<typeof preferenceSchema>;

/** Only the fields that change; each is replaced whole. */
export const changePreferenceSchema = z.strictObject({
  keymap: keymapSchema.optional(),
  views: viewsSchema.optional(),
  optOuts: z.array(z.enum(CATEGORIES)).max(CATEGORIES.length).optional(),
  breakAfter: z.number().int().min(5).max(1_000).nullable().optional(),
});
export type ChangePreference = z.infer<typeof changePreferenceSchema>;
