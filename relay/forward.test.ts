import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { batchAnswer } from '#feed/relayed';
import { AppError } from '#lib/errors';
import { type Report, reportBatchSchema, reportSchema } from '#sdk/report';
import { Forward } from './forward.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A centre that counts what it stores, and does with each report what `judge` says; null stores it. */
async function centre(judge: (report: Report) => AppError | null) {
  const counted = new Map<string, number>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { reports } = reportBatchSchema.parse(JSON.parse(Buffer.concat(chunks).toString()));
    const taken = reports.map(async ({ report }) => {
      const refused = judge(report);
      if (refused) throw refused;
      counted.set(report.instanceId, (counted.get(report.instanceId) ?? 0) + report.decisions);
    });
    const answer = await batchAnswer(taken, () => 1).catch((error: AppError) => error);
    response.writeHead(answer instanceof AppError ? 503 : 200).end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => new Promise((resolve) => server.close(() => resolve())));
  const { port } = server.address() as AddressInfo;
  const forward = new Forward({ feedUrl: `http://127.0.0.1:${port}`, apiKey: 'k', relayId: 'r' });
  closing.push(() => forward.close());
  return { counted, forward };
}

const said = (instanceId: string, decisions: number) =>
  reportSchema.parse({
    instanceId,
    labels: {},
    sdkVersion: '1',
    activeSeq: 1,
    seq: 1,
    state: 'active',
    decisions,
  });

test('a report that could not be stored is sent again by itself: the others of its batch count once', async () => {
  let tries = 0;
  const { counted, forward } = await centre(({ instanceId }) =>
    instanceId === 'unlucky' && tries++ < 2 ? new AppError('unavailable', 'later') : null,
  );
  await Promise.all([forward.add(said('honest', 100), 0), forward.add(said('unlucky', 7), 0)]);
  expect(Object.fromEntries(counted)).toEqual({ honest: 100, unlucky: 7 });
  expect(tries).toBeGreaterThan(2);
});

test('what will never be taken is refused to its sender alone', async () => {
  const { counted, forward } = await centre(({ instanceId }) =>
    instanceId === 'odd' ? new AppError('invalid', 'never') : null,
  );
  const [honest, odd] = await Promise.allSettled([
    forward.add(said('honest', 100), 0),
    forward.add(said('odd', 1), 0),
  ]);
  expect(honest.status).toBe('fulfilled');
  expect(odd).toMatchObject({ status: 'rejected', reason: { code: 'invalid' } });
  // The batch was taken, so its status says nothing of this one.
  expect(odd).toHaveProperty('reason.message', expect.stringMatching(/“odd” was refused upstream: its name/));
  expect(Object.fromEntries(counted)).toEqual({ honest: 100 });
});

test('while nothing can be stored the whole batch waits, and counts once when it can', async () => {
  let tries = 0;
  const { counted, forward } = await centre(() =>
    tries++ < 4 ? new AppError('unavailable', 'later') : null,
  );
  await Promise.all([forward.add(said('a', 3), 0), forward.add(said('b', 4), 0)]);
  expect(Object.fromEntries(counted)).toEqual({ a: 3, b: 4 });
});
