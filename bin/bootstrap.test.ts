import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { freePort } from '#lib/postgres/embedded';
import { runFile, until } from './testing/run.ts';

test('a port in use is told before anything is installed or built', async ({ onTestFinished }) => {
  const other = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void other.close());
  await until(() => other.listening, 'the other program');
  const { port } = other.address() as AddressInfo;
  const run = runFile('bin/bootstrap.mjs', ['start'], {
    PORT: String(await freePort()),
    FEED_PORT: String(port),
  });
  expect((await run.exit).code).toBe(1);
  expect(run.output()).toBe(
    `Port ${port} is taken by another program. Set FEED_PORT to a free one: FEED_PORT=${port + 10} npm run start\n`,
  );
});

test('two equal ports are refused', async () => {
  const port = String(await freePort());
  const run = runFile('bin/bootstrap.mjs', ['demo'], { PORT: port, FEED_PORT: port });
  expect((await run.exit).code).toBe(1);
  expect(run.output()).toBe(`PORT and FEED_PORT are both ${port}. Give each a port of its own.\n`);
});
