import { afterEach, expect, test } from 'vitest';
import { nestsDeeper } from '#sdk/nesting';
import { makeRule } from '#sdk/testing/rules';
import { BODY_LIMIT } from './answer.ts';
import { type TestSidecar, testSidecar } from './testing/sidecar.ts';

let desk: TestSidecar;
afterEach(() => desk?.close());

const evil = { completion: 'evil(1)' };

test('decides one or many, with the texts to use instead', async () => {
  const secret = makeRule({
    action: 'redact',
    target: 'both',
    matcher: { kind: 'literal', text: 'hunter2', ignoreCase: false },
    tests: { mustMatch: [{ text: 'hunter2' }], mustNotMatch: [] },
  });
  const block = makeRule({ scope: { tenants: ['acme'] }, parameters: { text: 'Not today.' } });
  desk = await testSidecar([block, secret]);
  const one = await desk.post('/v1/decide', { tenant: 'acme', ...evil });
  expect(one).toMatchObject({ status: 200, body: { verdict: 'block', message: 'Not today.', seq: 1 } });
  expect(one.headers.get('x-stopgap-degraded')).toBeNull();
  const many = await desk.post('/v1/decide', [evil, { prompt: 'my hunter2', completion: 'your hunter2' }]);
  expect(many.body).toMatchObject([
    { verdict: 'allow', rules: [] },
    {
      verdict: 'redact',
      prompt: `my [removed by ${secret.ref}]`,
      text: `your [removed by ${secret.ref}]`,
    },
  ]);
});

test('a request without any words is still one for a model that is switched off', async () => {
  const off = makeRule({
    action: 'disable',
    target: 'prompt',
    matcher: { kind: 'any' },
    scope: { models: ['coder-7'] },
    tests: { mustMatch: [], mustNotMatch: [] },
  });
  desk = await testSidecar([off]);
  expect((await desk.post('/v1/decide', { model: 'coder-7' })).body.verdict).toBe('block');
  expect((await desk.post('/v1/decide', { model: 'coder-8' })).body.verdict).toBe('allow');
  const picture = {
    role: 'user',
    content: [{ type: 'image_url', image_url: { url: 'https://x.example/a.png' } }],
  };
  const json = { model: 'coder-7', messages: [picture] };
  const hook = { eventType: 'beforeRequestHook', request: { json } };
  expect((await desk.post('/portkey', hook)).body.verdict).toBe(false);
  expect(
    (await desk.post('/portkey', { ...hook, request: { json: { ...json, model: 'coder-8' } } })).body.verdict,
  ).toBe(true);
});

test('what is not understood is refused with where and why, and nothing is decided', async () => {
  desk = await testSidecar([makeRule()]);
  const typo = await desk.post('/v1/decide', { ...evil, tennant: 'acme' });
  expect(typo.status).toBe(400);
  expect(typo.body.error).toMatchObject({ code: 'invalid', message: expect.stringContaining('tennant') });
  expect((await desk.post('/v1/decide', '{"completion":')).body.error.code).toBe('invalid');
  expect((await desk.post('/v1/decide', { completion: 'x'.repeat(BODY_LIMIT) })).status).toBe(413);
  const deep = `${'['.repeat(300)}${']'.repeat(300)}`;
  expect((await desk.post('/v1/decide', deep)).status).toBe(413);
  expect((await desk.post('/v1/nothing', {})).status).toBe(404);
});

test('depth is counted outside of strings only', () => {
  expect(nestsDeeper(JSON.stringify({ text: '[[[[\\"[[[' }), 2)).toBe(false);
  expect(nestsDeeper('[[1],[2],[3]]', 2)).toBe(false);
  expect(nestsDeeper('[[[1]]]', 2)).toBe(true);
});

test('with a token, only who shows it may ask', async () => {
  const token = 'a-token-of-the-operator';
  desk = await testSidecar([makeRule()], { token });
  expect((await desk.post('/v1/decide', evil)).status).toBe(401);
  expect((await desk.post('/v1/decide', evil, { 'x-api-key': `${token}!` })).status).toBe(401);
  expect((await desk.post('/v1/decide', evil, { 'x-api-key': token })).status).toBe(200);
  expect((await desk.post('/v1/decide', evil, { authorization: `Bearer ${token}` })).status).toBe(200);
  expect((await fetch(`${desk.url}/metrics`)).status).toBe(401);
  expect((await fetch(`${desk.url}/healthz`)).status).toBe(200);
});

test('without a ruleset: open says so in a header, closed refuses; ready only with one', async () => {
  desk = await testSidecar(null);
  const open = await desk.post('/v1/decide', evil);
  expect(open).toMatchObject({ status: 200, body: { verdict: 'allow', seq: 0 } });
  expect(open.headers.get('x-stopgap-degraded')).toBe('no-ruleset');
  expect((await fetch(`${desk.url}/readyz`)).status).toBe(503);
  await desk.publish([makeRule()]);
  expect((await desk.post('/v1/decide', evil)).body.verdict).toBe('block');
  expect((await fetch(`${desk.url}/readyz`)).status).toBe(200);
  await desk.close();
  desk = await testSidecar(null, { fail: 'closed' });
  const closed = await desk.post('/v1/decide', { prompt: 'hello' });
  expect(closed.body).toMatchObject({ verdict: 'block', message: expect.stringContaining('fail closed') });
});

test('a ruleset past its time goes on deciding, and every answer says that it is stale', async () => {
  desk = await testSidecar([makeRule()]);
  await desk.publish([makeRule()], {
    issuedAt: new Date(Date.now() - 7_200_000).toISOString(),
    expiresAt: new Date(Date.now() - 3_600_000).toISOString(),
  });
  const answer = await desk.post('/v1/decide', evil);
  expect(answer.body).toMatchObject({ verdict: 'block', seq: 2 });
  expect(answer.headers.get('x-stopgap-degraded')).toBe('stale');
  expect(await (await fetch(`${desk.url}/metrics`)).text()).toContain(
    'stopgap_sidecar_degraded_total{reason="stale"} 1',
  );
});

test('metrics tell calls, time and what was degraded', async () => {
  desk = await testSidecar([makeRule()]);
  await desk.post('/v1/decide', [evil, { completion: 'fine' }]);
  const text = await (await fetch(`${desk.url}/metrics`)).text();
  expect(text).toContain('stopgap_sidecar_calls_total{contract="decide",phase="response",outcome="block"} 1');
  expect(text).toContain('stopgap_sidecar_request_seconds_count{contract="decide"} 1');
  expect(text).toContain('stopgap_sidecar_request_seconds_bucket{contract="decide",le="+Inf"} 1');
  expect(text).toContain('stopgap_sidecar_ruleset_seq 1');
});

test.each(['tenant', 'language', 'model', 'tier', 'feature', 'version'] as const)(
  'an empty %s in the body does not take a request out of the scope that a header names',
  async (field) => {
    desk = await testSidecar([makeRule({ scope: { [`${field}s`]: ['acme'] } })]);
    for (const said of ['', null, undefined]) {
      const body = { ...evil, [field]: said };
      const answer = await desk.post('/v1/decide', body, { [`x-stopgap-${field}`]: 'acme' });
      expect(answer.body.verdict, String(said)).toBe('block');
    }
  },
);
