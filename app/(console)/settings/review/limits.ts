import { z } from 'zod';
import { type ReviewSettings, reviewSettingsSchema } from '#lib/settings/schema';

export type Limits = { min: number; max: number; whole: boolean };

/** The smallest and largest value of each number among the settings, in the unit in which it is stored. */
export function settingsLimits(): Partial<Record<keyof ReviewSettings, Limits>> {
  const { properties = {} } = z.toJSONSchema(reviewSettingsSchema, { io: 'input' });
  const limits: Partial<Record<keyof ReviewSettings, Limits>> = {};
  for (const name of Object.keys(reviewSettingsSchema.shape) as (keyof ReviewSettings)[]) {
    const property = properties[name];
    if (typeof property !== 'object') continue;
    // A field that may be null is one of two, the number and the null.
    const number = [property, ...(property.anyOf ?? [])].find(
      (each) => typeof each === 'object' && (each.type === 'integer' || each.type === 'number'),
    );
    if (typeof number !== 'object' || number.minimum === undefined || number.maximum === undefined) continue;
    limits[name] = { min: number.minimum, max: number.maximum, whole: number.type === 'integer' };
  }
  return limits;
}
