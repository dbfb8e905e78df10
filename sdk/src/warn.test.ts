import { expect, test } from 'vitest';
import { createGuard } from './guard.ts';
import { TestFeed } from './testing/feed.ts';
import { createWarner } from './warn.ts';

test('says what is wrong, each sentence once a minute, and nothing of what goes well', () => {
  const lines: string[] = [];
  let time = 0;
  const warn = createWarner(
    (line) => lines.push(line),
    () => time,
  );
  warn({ type: 'connected' });
  warn({ type: 'active', seq: 1, rules: 2, source: 'feed' });
  const refused = {
    type: 'unauthorized',
    status: 401,
    message: 'This API key is unknown.',
    retryMs: 100,
  } as const;
  warn(refused);
  warn(refused);
  expect(lines).toEqual(['stopgap: The feed refused this key (401): This API key is unknown.']);
  time = 60_000;
  warn(refused);
  expect(lines).toHaveLength(2);
});

test('a guard that never got a ruleset says so when it starts', async () => {
  const feed = await new TestFeed().listen();
  const types: string[] = [];
  const guard = createGuard({
    feedUrl: feed.url,
    apiKey: 'sg_wrong',
    onEvent: ({ type }) => types.push(type),
  });
  await guard.start();
  expect(types).toContain('unauthorized');
  expect(types).toContain('no_ruleset');
  await guard.close();
  await feed.kill();
});
