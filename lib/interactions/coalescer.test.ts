import { expect, it } from 'vitest';
import { createCoalescer } from './coalescer.ts';

type Call = { key: string; value: number };

/** Runs that end only when the test says so. */
function held(parallel: number, maxSize = 100) {
  const runs: { calls: Call[]; end: (error?: Error) => void }[] = [];
  const send = createCoalescer<Call, number[]>({
    parallel,
    groupOf: ({ key }) => key,
    sizeOf: () => 1,
    maxSize,
    run: (calls) =>
      new Promise((resolve, reject) => {
        const end = (error?: Error) => (error ? reject(error) : resolve(calls.map(({ value }) => value)));
        runs.push({ calls, end });
      }),
  });
  const valuesOf = (index: number) => runs[index]?.calls.map(({ value }) => value);
  return { runs, send: (key: string, value: number) => send({ key, value }), valuesOf };
}
const settled = () => new Promise((resolve) => setImmediate(resolve));

it('starts the first call at once and lets all that come meanwhile go together, never two runs of one group', async () => {
  const { runs, send, valuesOf } = held(2);
  const answers = [1, 2, 3, 4].map((value) => send('a', value));
  await settled();
  expect([runs.length, valuesOf(0)]).toEqual([1, [1]]);
  runs[0]?.end();
  await settled();
  expect([runs.length, valuesOf(1)]).toEqual([2, [2, 3, 4]]);
  runs[1]?.end();
  expect(await Promise.all(answers)).toEqual([[1], [2, 3, 4], [2, 3, 4], [2, 3, 4]]);
});

it('a group whose run takes long keeps no other group waiting, and groups take turns', async () => {
  const { runs, send, valuesOf } = held(2, 2);
  for (const value of [1, 2, 3, 4]) void send('slow', value);
  for (const value of [10, 11, 12, 13]) void send('b', value);
  void send('c', 20);
  await settled();
  expect([valuesOf(0), valuesOf(1), runs.length]).toEqual([[1], [10], 2]);
  // The slow one still holds its place; the others go round in the other.
  for (const index of [1, 2, 3]) {
    runs[index]?.end();
    await settled();
  }
  expect([valuesOf(2), valuesOf(3), valuesOf(4), runs.length]).toEqual([[11, 12], [20], [13], 5]);
});

it('answers each call of a failed run by itself', async () => {
  const { runs, send, valuesOf } = held(1);
  const first = send('a', 1);
  const answers = Promise.allSettled([send('a', 2), send('a', 3)]);
  runs[0]?.end();
  await first;
  await settled();
  expect(valuesOf(1)).toEqual([2, 3]);
  runs[1]?.end(new Error('one of them is bad'));
  await settled();
  expect(valuesOf(2)).toEqual([2]);
  runs[2]?.end(new Error('this one'));
  await settled();
  runs[3]?.end();
  expect((await answers).map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
});
