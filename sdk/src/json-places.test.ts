import { expect, test } from 'vitest';
import { jsonReadings } from './json-text.ts';
import { JSON_PLACES, SOUGHT } from './testing/json-places.ts';

test.each(JSON_PLACES)('$name: $hit', ({ text, hit }) => {
  const { texts } = jsonReadings(text);
  expect([text, ...texts].some((each) => each.includes(SOUGHT))).toBe(hit);
});
