import { expect, test } from 'vitest';
import { withFeedKey } from './feed-key.ts';

test.each([
  [{ STOPGAP_FEED_KEY: 'sg_a' }, 'sg_a', 0],
  [{ STOPGAP_FEED_KEY: 'sg_a', STOPGAP_KEY: 'sg_b' }, 'sg_a', 0],
  [{ STOPGAP_KEY: 'sg_b' }, 'sg_b', 1],
  [{ STOPGAP_FEED_KEY: '', STOPGAP_KEY: 'sg_b' }, 'sg_b', 1],
  [{}, undefined, 0],
])('%o', (given, key, lines) => {
  const told: string[] = [];
  expect(withFeedKey(given, (line) => told.push(line)).STOPGAP_FEED_KEY).toBe(key);
  expect(told).toHaveLength(lines);
  expect(told.join()).not.toContain('sg_');
});
