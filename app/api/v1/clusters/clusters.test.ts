import { expect, test } from 'vitest';
import { systemActor } from '#lib/actor';
import { analyseNext } from '#lib/clusters/analysis';
import { db } from '#lib/db';
import { newId } from '#lib/ids';
import { hashKey, newKeySecret } from '#lib/keys/secret';
import type { Scope } from '#lib/permissions';
import { flagged } from '#tests/fixtures';
import { GET as read } from './[ref]/route.ts';
import { GET as list } from './route.ts';

type Handler = (request: Request, context: { params: Promise<Record<string, string>> }) => Promise<Response>;

async function send(handler: Handler, scope: Scope, query = '', ref?: string) {
  const secret = newKeySecret();
  const id = newId();
  await db.apiKey.create({
    data: { id, name: id, source: id, scopes: [scope], hash: hashKey(secret), prefix: 'sg_test' },
  });
  const request = new Request(`http://localhost/api/v1/clusters${query}`, {
    headers: { authorization: `Bearer ${secret}` },
  });
  const params: Record<string, string> = ref ? { ref } : {};
  return handler(request, { params: Promise.resolve(params) });
}

test('a machine lists clusters page by page and reads one; keys without the scope, wrong filters and no cluster are refused', async () => {
  const lines = (name: string) =>
    Array.from({ length: 14 }, (_, line) => `v${line} = ${name}_${line}(a, ${line})`).join('\n');
  for (const text of [lines('a'), lines('a'), lines('b'), lines('b'), lines('b')]) {
    await db.analysisTask.create({ data: { interactionId: await flagged({ completion: text }) } });
  }
  await analyseNext(systemActor('analysis'), 200);

  const first = await (await send(list, 'export', '?limit=1')).json();
  expect(first.items).toMatchObject([{ size: 3, language: 'python', pending: 3, decided: 0 }]);
  const second = await (await send(list, 'respond', `?limit=1&cursor=${first.nextCursor}`)).json();
  expect(second).toMatchObject({ items: [{ size: 2 }], nextCursor: null });

  const { ref } = first.items[0];
  expect(await (await send(read, 'export', '', ref)).json()).toMatchObject({ ref, size: 3, shapes: 1 });
  expect((await send(read, 'export', '', 'C-99999')).status).toBe(404);
  expect((await send(list, 'ingest')).status).toBe(403);
  expect((await send(list, 'export', '?sort=fastest')).status).toBe(400);
  expect((await send(list, 'export', '?cursor=x')).status).toBe(400);
});
