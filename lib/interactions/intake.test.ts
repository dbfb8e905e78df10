import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { readBody } from './body.ts';
import { type Admission, createIntake } from './intake.ts';
import { MAX_BODY_BYTES } from './schema.ts';

const limits = { small: { bytes: 100, calls: 2 }, large: { bytes: 1_000, calls: 3 }, turns: 1 };
const call = (headers: Record<string, string> = {}, body: BodyInit = 'x') =>
  new Request('http://stopgap.test/', {
    method: 'POST',
    body,
    headers,
    duplex: 'half',
  } as RequestInit);
const small = () => call({ 'content-length': '10' });
const large = () => call({ 'content-length': '100000' });

/** A call that stays inside until it is let go. */
function open(intake: ReturnType<typeof createIntake>, request: Request, bytes = 0) {
  const gate = Promise.withResolvers<void>();
  const done = intake(request, async (admission) => {
    admission.grow(bytes);
    await gate.promise;
  });
  return { done, leave: () => gate.resolve() };
}

it('refuses calls over the bound with 429 and a time to come back, and has room again when one leaves', async () => {
  const intake = createIntake(limits);
  const inside = [open(intake, large()), open(intake, large()), open(intake, large())];
  const refused = intake(large(), async () => 'never');
  await expect(refused).rejects.toMatchObject({ code: 'rate_limited', retryAfterSeconds: 1 });
  inside[0]?.leave();
  await inside[0]?.done;
  await expect(intake(large(), async () => 'in')).resolves.toBe('in');
  for (const each of inside) each.leave();
});

it('refuses bytes over the bound, and gives back what a refused or failed call held', async () => {
  const intake = createIntake(limits);
  const first = open(intake, large(), 900);
  await expect(open(intake, large(), 101).done).rejects.toMatchObject({ code: 'rate_limited' });
  await expect(intake(large(), async ({ grow }) => grow(100))).resolves.toBeUndefined();
  first.leave();
  await first.done;
  const failing = intake(large(), async ({ grow }) => {
    grow(1_000);
    throw new Error('broken');
  });
  await expect(failing).rejects.toThrow('broken');
  await expect(intake(large(), async ({ grow }) => grow(1_000))).resolves.toBeUndefined();
});

it('keeps room for small posts while large ones fill theirs; gzip and unknown lengths are never small', async () => {
  const intake = createIntake(limits);
  const inside = [open(intake, large()), open(intake, call()), open(intake, large())];
  await expect(intake(small(), async () => 'in')).resolves.toBe('in');
  const packed = call({ 'content-length': '10', 'content-encoding': 'gzip' });
  await expect(intake(packed, async () => 'never')).rejects.toMatchObject({ code: 'rate_limited' });
  for (const each of inside) each.leave();
});

it('gives turns one after the other, in the order of asking, also past a failure', async () => {
  const intake = createIntake(limits);
  const order: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = intake(large(), async ({ turn }) => {
    await turn();
    order.push('first');
    await gate.promise;
    throw new Error('broken');
  });
  const others = ['second', 'third'].map((name) =>
    intake(large(), async ({ turn }) => {
      await turn();
      order.push(name);
    }),
  );
  await intake(small(), async ({ turn }) => turn());
  expect(order).toEqual(['first']);
  gate.resolve();
  await expect(first).rejects.toThrow('broken');
  await Promise.all(others);
  expect(order).toEqual(['first', 'second', 'third']);
});

it('stops a gzip bomb at the limit: no more than that is ever unpacked', async () => {
  let bytes = 0;
  const grow = (more: number) => {
    bytes += more;
  };
  const admission: Admission = { grow, turn: async () => undefined };
  const bomb = new Uint8Array(gzipSync(Buffer.alloc(256 * 1024 * 1024, 0x20)));
  const answer = readBody(call({ 'content-encoding': 'gzip' }, bomb), admission);
  await expect(answer).rejects.toMatchObject({
    code: 'too_large',
    fields: { '(body)': expect.stringContaining('8388608 bytes (8 MiB) unpacked') },
  });
  expect(bytes).toBeLessThanOrEqual(MAX_BODY_BYTES);
});

it('passes a refusal on while it unpacks, and ends a broken or endless stream', async () => {
  const room = createIntake(limits);
  const packed = () => call({ 'content-encoding': 'gzip' }, new Uint8Array(gzipSync(Buffer.alloc(5_000))));
  await expect(room(packed(), (admission) => readBody(packed(), admission))).rejects.toMatchObject({
    code: 'rate_limited',
  });
  const cut = new Uint8Array(gzipSync(Buffer.from('{"id": 1}'))).subarray(0, 12);
  await expect(readBody(call({ 'content-encoding': 'gzip' }, cut))).rejects.toMatchObject({
    code: 'invalid',
  });
  const endless = new ReadableStream<Uint8Array>({
    pull: (stream) => stream.enqueue(new Uint8Array(65_536)),
  });
  await expect(readBody(call({}, endless))).rejects.toMatchObject({ code: 'too_large' });
});
