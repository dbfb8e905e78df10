import { expect, test } from 'vitest';
import { overWords } from './over-words.ts';

const NOTHING = {
  rules: ['R-4', 'R-5'],
  served: 0,
  blocked: 0,
  acted: 0,
  servedPerMinute: 0,
  blockedPerMinute: 0,
  silent: 0,
};
const minutes = (...acted: number[]) => acted.map((each) => ({ acted: each }));

test.each<[string, Partial<Parameters<typeof overWords>[0]>, string, RegExp]>([
  ['nothing at all', {}, 'quiet', /^Nothing like it has reached R-4 since it began to act\.$/],
  ['one served a moment ago', { served: 4, servedPerMinute: 0.2 }, 'bad', /^Not yet\. 1 was served/],
  ['many served', { served: 9_000, servedPerMinute: 300, acted: 4 }, 'bad', /1,500 were served/],
  ['served, and acted on', { servedPerMinute: 0.2, minutes: minutes(9) }, 'bad', /^Not yet/],
  ['acted on now', { served: 4, acted: 12, minutes: minutes(0, 5, 0, 0, 1, 2) }, 'good', /8 were acted on/],
  ['acted on by a source alone', { blocked: 3, blockedPerMinute: 0.6 }, 'good', /3 were acted on/],
  [
    'acted on, one silent',
    { acted: 9, silent: 1, minutes: minutes(9) },
    'wait',
    /known.* 1 silent instance may still/,
  ],
  ['acted on long ago', { acted: 12, minutes: minutes(12, 0, 0, 0, 0, 0) }, 'quiet', /^Quiet\./],
  ['served long ago', { served: 2 }, 'quiet', /^Quiet\./],
])('is it over: %s', (_, figures, tone, words) => {
  const answer = overWords({ ...NOTHING, minutes: [], ...figures });
  expect(answer.tone).toBe(tone);
  expect(answer.words).toMatch(words);
});
