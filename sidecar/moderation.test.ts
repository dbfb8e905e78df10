import OpenAI from 'openai';
import { afterEach, expect, test } from 'vitest';
import { makeRule } from '#sdk/testing/rules';
import { type TestSidecar, testSidecar } from './testing/sidecar.ts';

let desk: TestSidecar;
afterEach(() => desk?.close());

test('the real client reads a rule that hit as a category', async () => {
  const block = makeRule({ scope: { tenants: ['acme'] } });
  const watch = makeRule({ mode: 'shadow' });
  const note = makeRule({ action: 'flag' });
  desk = await testSidecar([block, watch, note], { token: 'a-token-of-the-operator' });
  const openai = new OpenAI({
    baseURL: `${desk.url}/v1`,
    apiKey: 'a-token-of-the-operator',
    maxRetries: 0,
    defaultHeaders: { 'x-stopgap-tenant': 'acme' },
  });
  const { results } = await openai.moderations.create({ input: ['evil(1)', 'fine'] });
  const both = { [block.ref]: true, [note.ref]: true };
  expect(results).toMatchObject([
    { flagged: true, categories: both, category_scores: { [block.ref]: 1 } },
    { flagged: false, categories: {} },
  ]);
  expect(results[0]?.categories).toEqual(both);
  const other = await openai.moderations.create(
    {
      input: [
        { type: 'text', text: 'ev' },
        { type: 'text', text: 'evil(2)' },
      ],
    },
    { headers: { 'x-stopgap-tenant': 'other' } },
  );
  // It is noted, but the rule that only flags asks for no change.
  expect(other.results).toMatchObject([{ flagged: false, categories: { [note.ref]: true } }]);
});

test('the header says whether it is a prompt or an answer; without it both are tried', async () => {
  desk = await testSidecar([makeRule({ target: 'completion' })]);
  const ask = async (headers: Record<string, string>) =>
    (await desk.post('/v1/moderations', { input: 'evil(1)' }, headers)).body.results[0].flagged;
  expect(await ask({})).toBe(true);
  expect(await ask({ 'x-stopgap-phase': 'response' })).toBe(true);
  expect(await ask({ 'x-stopgap-phase': 'request' })).toBe(false);
});

test('errors come in OpenAI’s shape', async () => {
  desk = await testSidecar([]);
  expect(await desk.post('/v1/moderations', { input: 7 })).toMatchObject({
    status: 400,
    body: { error: { type: 'invalid_request_error', code: 'invalid' } },
  });
});
