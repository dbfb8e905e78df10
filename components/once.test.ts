import { expect, test } from 'vitest';
import type { ActionResult } from '#lib/action';
import { once } from './once.tsx';

const keyOf = (input: unknown) => (input as { idempotencyKey: string }).idempotencyKey;

test('the same input goes with the same key until it is answered, and with a new one afterwards', async () => {
  const keys: string[] = [];
  let answer: () => ActionResult<number> = () => {
    throw new Error('connection lost');
  };
  const send = once(async (input) => {
    keys.push(keyOf(input));
    return answer();
  });
  expect(await send({ text: 'a' })).toMatchObject({ ok: false, code: 'unavailable' });
  await send({ text: 'a' });
  // Something else was typed meanwhile: another request.
  await send({ text: 'b' });
  answer = () => ({ ok: true, data: 1 });
  expect(await send({ text: 'a' })).toEqual({ ok: true, data: 1 });
  await send({ text: 'a' });
  expect(keys[1]).toBe(keys[0]);
  expect(keys[3]).toBe(keys[0]);
  expect(keys[2]).not.toBe(keys[0]);
  expect(keys[4]).not.toBe(keys[0]);
});

test('a refusal is an answer; a fault of the server is none', async () => {
  const keys: string[] = [];
  let code: 'conflict' | 'unexpected' = 'unexpected';
  const send = once(async (input): Promise<ActionResult<number>> => {
    keys.push(keyOf(input));
    return { ok: false, code, message: '' };
  });
  await send({});
  code = 'conflict';
  await send({});
  await send({});
  expect(keys[1]).toBe(keys[0]);
  expect(keys[2]).not.toBe(keys[0]);
});
