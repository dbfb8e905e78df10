import { expect, test } from 'vitest';
import type { DecisionRequest } from '../decision.ts';
import { callerOf } from './caller.ts';
import { proxyHandler } from './http.ts';

const none = () => undefined;

test.each<[string, Record<string, string>, object, string | undefined]>([
  ['user', {}, { user: 'u-1' }, 'u-1'],
  ['safety_identifier before user', {}, { user: 'u-1', safety_identifier: 's-1' }, 's-1'],
  ['Anthropic', {}, { metadata: { user_id: 'a-1' } }, 'a-1'],
  ['Portkey', {}, { metadata: { _user: 'p-1' } }, 'p-1'],
  ['a number', {}, { user: 7 }, '7'],
  ['a header before all', { 'x-end-user-id': 'h-1' }, { user: 'u-1' }, 'h-1'],
  ['our own header before others', { 'x-user-id': 'h-2', 'x-stopgap-actor': 'h-1' }, {}, 'h-1'],
  ['nobody', {}, { user: '', metadata: { user_id: null } }, undefined],
  ['an object that is no name', {}, { user: { id: 'x' } }, undefined],
])('who asks: %s', (_name, headers, body, expected) => {
  expect(callerOf((name) => headers[name], body)).toBe(expected);
});

test('a name that is too long is the same caller every time, and no other', () => {
  const long = 'x'.repeat(500);
  const first = callerOf(none, { user: long });
  expect(first).toMatch(/^sha256:[0-9a-f]{32}$/);
  expect(callerOf(none, { user: long })).toBe(first);
  expect(callerOf(none, { user: `${long}y` })).not.toBe(first);
});

test('behind a proxy every decision, of the prompt and of the answer, carries who asked', async () => {
  const asked: DecisionRequest[] = [];
  const guard = {
    decide: (request: DecisionRequest) => {
      asked.push(request);
      return { verdict: 'allow' as const, rules: [], seq: 1 };
    },
    stream: () => {
      throw new Error('not asked for');
    },
  };
  const answer = { choices: [{ index: 0, message: { content: 'hi' } }] };
  const handler = proxyHandler({
    guard,
    upstream: 'http://upstream.test',
    context: () => ({ tenant: 'acme' }),
    fetch: async () => Response.json(answer),
  });
  const ask = (body: object, headers: Record<string, string> = {}) =>
    handler(
      new Request('http://proxy/v1/chat/completions', {
        method: 'POST',
        headers,
        body: JSON.stringify({ messages: [{ role: 'user', content: 'a' }], ...body }),
      }),
    );
  await ask({ user: 'mallory' });
  await ask({ user: 'mallory' }, { 'x-end-user-id': 'eve' });
  expect(asked.map(({ actor, tenant }) => [actor, tenant])).toEqual([
    ['mallory', 'acme'],
    ['mallory', 'acme'],
    ['eve', 'acme'],
    ['eve', 'acme'],
  ]);
});
