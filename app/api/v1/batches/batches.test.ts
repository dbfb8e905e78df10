import { expect, test } from 'vitest';
import { db } from '#lib/db';
import { newId } from '#lib/ids';
import { hashKey, newKeySecret } from '#lib/keys/secret';
import { clusterOf, flagged } from '#tests/fixtures';
import { POST as reverse } from './[id]/reverse/route.ts';
import { POST as preview } from './preview/route.ts';
import { POST as decide } from './route.ts';

test('a count alone is refused in words, and keys decide nothing at once', async () => {
  const secret = newKeySecret();
  await db.apiKey.create({
    data: {
      id: newId(),
      name: 'k',
      source: 'k',
      scopes: ['respond', 'export'],
      hash: hashKey(secret),
      prefix: 'sg_test',
    },
  });
  const send = async (handler: typeof decide, body: unknown, id = '') => {
    const request = new Request('http://localhost/api/v1/batches', {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const response = await handler(request, { params: Promise.resolve({ id }) });
    return { status: response.status, ...(await response.json()) };
  };
  const item = await flagged();
  const { id: clusterId } = await clusterOf([item]);
  const word = { verdict: 'benign', expected: 1, timeSpentMs: 1 };
  for (const body of [
    { ...word, clusterId },
    { ...word, filter: { severity: 'high' } },
    { ...word, clusterId, shown: [] },
  ]) {
    expect(await send(decide, body)).toMatchObject({
      status: 400,
      error: { message: expect.stringContaining('a count alone decides nothing') },
    });
  }
  for (const choice of [{}, { clusterId, filter: { severity: 'high' } }]) {
    const refused = { status: 400, error: { message: expect.stringContaining('clusterId or filter') } };
    expect(await send(decide, { ...word, ...choice, shown: [item] })).toMatchObject(refused);
    expect(await send(preview, choice)).toMatchObject(refused);
  }
  for (const [handler, body] of [
    [decide, { ...word, clusterId, shown: [item] }],
    [preview, { clusterId }],
  ] as const) {
    expect(await send(handler, body)).toMatchObject({ status: 403 });
  }
  expect(await send(reverse, {}, newId())).toMatchObject({ status: 403 });
  expect(await send(reverse, {}, 'x')).toMatchObject({ status: 400 });
  expect(await db.queueItem.findUniqueOrThrow({ where: { interactionId: item } })).toMatchObject({
    state: 'pending',
  });
});
