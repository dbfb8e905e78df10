import { expect, it } from 'vitest';
import {
  changeReviewSettingsSchema,
  DEFAULT_REVIEW_SETTINGS,
  type ReviewSettings,
} from '#lib/settings/schema';
import { GROUPS } from './fields.ts';
import { settingsLimits } from './limits.ts';
import { read, shown, standardWords } from './typed.ts';

const FIELDS = GROUPS.flatMap(({ fields }) => fields);
const LIMITS = settingsLimits();
const typed = (name: keyof ReviewSettings, text: string) => {
  const field = FIELDS.find((each) => each.name === name);
  if (!field) throw new Error(`no field ${name}`);
  return read(field, text, LIMITS[name]);
};

it('has each setting once', () => {
  expect(FIELDS.map(({ name }) => name).sort()).toEqual(Object.keys(DEFAULT_REVIEW_SETTINGS).sort());
});

it('reads back what it shows, for every setting', () => {
  for (const field of FIELDS) {
    const value = DEFAULT_REVIEW_SETTINGS[field.name];
    expect(read(field, shown(field.kind, value), LIMITS[field.name])).toEqual({ value });
  }
});

it('takes shares as percent, to a thousandth', () => {
  expect(typed('goldenShare', '2')).toEqual({ value: 0.02 });
  expect(typed('goldenShare', '0.125')).toEqual({ value: 0.00125 });
  expect(shown('percent', 0.07)).toBe('7');
  expect(typed('goldenShare', '101')).toEqual({ wrong: 'This must be a number from 0 to 100.' });
});

it('says the limits of a field in its own unit', () => {
  expect(typed('leaseSeconds', '')).toEqual({ wrong: 'This must be a whole number from 10 to 86,400.' });
  expect(typed('leaseSeconds', '60.5')).toHaveProperty('wrong');
  expect(typed('clusterThreshold', '20')).toEqual({ wrong: 'This must be a number from 30 to 100.' });
  expect(typed('keepBenignDays', '')).toEqual({ value: null });
  expect(typed('keepBenignDays', 'soon')).toEqual({
    wrong: 'This must be a whole number from 1 to 3,650, or empty.',
  });
});

it('lets through only what the server takes', () => {
  for (const [name, limits] of Object.entries(LIMITS)) {
    for (const end of [limits.min, limits.max])
      expect(changeReviewSettingsSchema.safeParse({ [name]: end }).success).toBe(true);
    expect(changeReviewSettingsSchema.safeParse({ [name]: limits.max + 1 }).success).toBe(false);
  }
});

it('says standard values in words', () => {
  expect(standardWords('percent', 0.02)).toBe('2 percent');
  expect(standardWords('days', 90)).toBe('90 days');
  expect(standardWords('verdicts', [])).toBe('none');
  expect(standardWords('yes', false)).toBe('off');
});
