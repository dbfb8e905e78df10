import { OFREPProvider } from '@openfeature/ofrep-provider';
import { type Client, OpenFeature } from '@openfeature/server-sdk';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { Rule } from '#sdk/rule';
import { makeRule } from '#sdk/testing/rules';
import { postJson, type TestSidecar, testSidecar } from './testing/sidecar.ts';

let desk: TestSidecar;
afterEach(() => desk?.close());
afterAll(() => OpenFeature.close());

const switchOff = (overrides: Partial<Rule> = {}) =>
  makeRule({
    action: 'disable',
    target: 'both',
    matcher: { kind: 'any' },
    tests: { mustMatch: [], mustNotMatch: [] },
    ...overrides,
  });

const token = 'a-token-of-the-operator';

async function clientOf(url: string, headers: Record<string, string> = {}): Promise<Client> {
  await OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl: url, headers }));
  return OpenFeature.getClient();
}

describe('a real OpenFeature client with its OFREP provider', () => {
  test('a flag is on; a rule switches it off for its scope; when the rule ends it is on again', async () => {
    desk = await testSidecar([], { token });
    const client = await clientOf(desk.url, { 'X-API-Key': token });
    const acme = { targetingKey: 'u-1', tenant: 'acme' };
    expect(await client.getBooleanValue('model:coder-7', false, acme)).toBe(true);
    const rule = switchOff({ scope: { models: ['coder-7'], tenants: ['acme'] } });
    await desk.publish([rule]);
    expect(await client.getBooleanDetails('model:coder-7', true, acme)).toMatchObject({
      value: false,
      variant: 'off',
      reason: 'TARGETING_MATCH',
      flagMetadata: { rule: rule.ref, seq: 2, expiresAt: rule.expiresAt },
    });
    expect(
      await client.getBooleanValue('model:coder-7', false, { targetingKey: 'u-2', tenant: 'other' }),
    ).toBe(true);
    expect(await client.getBooleanValue('model:coder-8', false, acme)).toBe(true);
    // Nothing is published and nothing arrives: the rule ends by its own time.
    const expiresAt = new Date(Date.now() + 700).toISOString();
    await desk.publish([{ ...rule, expiresAt }]);
    await expect.poll(() => client.getBooleanValue('model:coder-7', false, acme)).toBe(true);
    expect(desk.sidecar.guard.ruleset()?.snapshot).toMatchObject({ seq: 3, rules: [{ id: rule.id }] });
  });

  test('features and versions have keys of their own; a key of no kind is not found', async () => {
    desk = await testSidecar([
      switchOff({ scope: { features: ['agent-mode'] } }),
      switchOff({ scope: { models: ['coder'], versions: ['7.2'] } }),
    ]);
    const client = await clientOf(desk.url);
    expect(await client.getBooleanValue('feature:agent-mode', true)).toBe(false);
    expect(await client.getBooleanValue('feature:chat', false)).toBe(true);
    expect(await client.getBooleanValue('model:coder@7.2', true)).toBe(false);
    expect(await client.getBooleanValue('model:coder@7.3', false)).toBe(true);
    expect(await client.getBooleanValue('serving', true, { model: 'coder', version: '7.2' })).toBe(false);
    const unknown = await client.getBooleanDetails('dark-mode', true);
    expect(unknown).toMatchObject({ value: true, errorCode: 'FLAG_NOT_FOUND', reason: 'ERROR' });
  });

  test('without the token the provider answers its own default and says why', async () => {
    desk = await testSidecar([switchOff()], { token });
    const client = await clientOf(desk.url);
    expect(await client.getBooleanDetails('serving', true)).toMatchObject({ value: true, reason: 'ERROR' });
  });

  test('when we are away the caller’s default counts', async () => {
    desk = await testSidecar([switchOff()]);
    const client = await clientOf(desk.url);
    expect(await client.getBooleanValue('serving', true)).toBe(false);
    await desk.close();
    expect(await client.getBooleanDetails('serving', true)).toMatchObject({ value: true, reason: 'ERROR' });
  });
});

const PATH = '/ofrep/v1/evaluate/flags';

test('bulk names every switch, and says 304 until an answer would differ', async () => {
  const shadow = switchOff({ mode: 'shadow', scope: { models: ['c'] } });
  const byText = makeRule({ action: 'disable', scope: { models: ['d'] } });
  desk = await testSidecar([switchOff({ scope: { models: ['a', 'b'] } }), shadow, byText]);
  const body = { context: { targetingKey: 'u', model: 'e' } };
  const first = await desk.post(PATH, body);
  const flags = Object.fromEntries(
    first.body.flags.map(({ key, value }: { key: string; value: boolean }) => [key, value]),
  );
  expect(flags).toEqual({ 'model:a': false, 'model:b': false, 'model:e': true, serving: true });
  const etag = first.headers.get('etag') ?? '';
  const second = await desk.post(PATH, body, { 'if-none-match': etag });
  expect([second.status, second.headers.get('etag')]).toEqual([304, etag]);
  await desk.publish([]);
  const third = await desk.post(PATH, body, { 'if-none-match': etag });
  expect([third.status, third.body.flags.length]).toEqual([200, 2]);
});

test('errors come in the protocol’s shape; without a ruleset the value says what was configured', async () => {
  desk = await testSidecar(null, { fail: 'closed' });
  const off = await desk.post(`${PATH}/serving`, {});
  expect(off.body).toMatchObject({ key: 'serving', value: false, reason: 'UNKNOWN' });
  expect(off.headers.get('x-stopgap-degraded')).toBe('no-ruleset');
  expect(await desk.post(`${PATH}/serving`, '{')).toMatchObject({
    status: 400,
    body: { errorCode: 'PARSE_ERROR' },
  });
  expect(await postJson(`${desk.url}${PATH}/%E0%A4%A`, {})).toMatchObject({ status: 400 });
});
