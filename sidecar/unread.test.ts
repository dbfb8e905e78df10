import { afterEach, expect, test } from 'vitest';
import { makeRule, ruleFor } from '#sdk/testing/rules';
import { type TestSidecar, testSidecar } from './testing/sidecar.ts';

// Shapes in which text came by that no rule had read: each holds the same call, which a rule blocks.
const EVIL = 'x = evil(1)';
const PATH = '/beta/litellm_basic_guardrail_api';

let desk: TestSidecar;
afterEach(() => desk?.close());

const asked = (json: object) => ({ eventType: 'beforeRequestHook', request: { json } });
const answered = (json: object) => ({
  eventType: 'afterRequestHook',
  request: { json: { model: 'm' } },
  response: { json },
});
const message = (fields: object) => answered({ choices: [{ message: { role: 'assistant', ...fields } }] });
const call = (fields: object) => message({ content: null, tool_calls: [fields] });

test.each<[string, object]>([
  ['a role of another name', asked({ messages: [{ role: 'ipython', content: EVIL }] })],
  [
    'a document',
    asked({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'document', source: { type: 'text', data: EVIL } },
            { type: 'text', text: 'go' },
          ],
        },
      ],
    }),
  ],
  [
    'parts of a document',
    asked({
      messages: [
        {
          role: 'user',
          content: [{ type: 'document', source: { type: 'content', content: [{ text: EVIL }] } }],
        },
      ],
    }),
  ],
  ['the code behind the cursor', asked({ prompt: 'def f():', suffix: EVIL })],
  ['a large picture beside it', asked({ prompt: EVIL, image: 'A'.repeat(5_000_000) })],
  ['deep data beside it', asked({ prompt: EVIL, x: JSON.parse('['.repeat(100) + ']'.repeat(100)) })],
  ['a call of the old kind', message({ content: null, function_call: { name: 'f', arguments: EVIL } })],
  ['arguments as an object', call({ function: { name: 'f', arguments: { code: EVIL } } })],
  ['a tool of its own form', call({ type: 'custom', custom: { name: 'f', input: EVIL } })],
  ['a letter as an escape', call({ function: { name: 'f', arguments: '{"code":"x = evil\\u00281)"}' } })],
  ['a tool of the server', answered({ content: [{ type: 'server_tool_use', input: { code: EVIL } }] })],
  ['reasoning', message({ content: 'hi', reasoning_content: EVIL })],
  ['thinking', answered({ content: [{ type: 'thinking', thinking: EVIL }] })],
  ['a refusal', message({ content: null, refusal: EVIL })],
])('Portkey: %s is read', async (_, body) => {
  desk = await testSidecar([makeRule({ target: 'both' })]);
  expect((await desk.post('/portkey', body)).body).toMatchObject({ verdict: false });
});

test('Portkey: lines of code in a tool call are lines to a rule about packages', async () => {
  const imports = ruleFor({ kind: 'imports', packages: ['evilpkg'] }, 'import evilpkg');
  desk = await testSidecar([imports]);
  const code = JSON.stringify({ content: 'import os\nimport evilpkg\n' });
  const body = call({ function: { name: 'write', arguments: code } });
  expect((await desk.post('/portkey', body)).body).toMatchObject({ verdict: false });
});

test('Portkey: what nobody can read is answered by the fail mode, in words that it obeys', async () => {
  const tokens = asked({ prompt: [[1, 2, 3]] });
  desk = await testSidecar([makeRule({ target: 'prompt' })], { fail: 'closed' });
  expect(await desk.post('/portkey', tokens)).toMatchObject({ status: 200, body: { verdict: false } });
  const odd = await desk.post('/portkey', { eventType: 'later' });
  expect(odd).toMatchObject({ status: 200, body: { verdict: false } });
  await desk.close();
  desk = await testSidecar([makeRule({ target: 'prompt' })], { fail: 'open' });
  expect(await desk.post('/portkey', tokens)).toMatchObject({ status: 200, body: { verdict: true } });
});

test('LiteLLM: a message without words, a text that is none and a long name of a call refuse nobody', async () => {
  desk = await testSidecar([makeRule({ target: 'both' })]);
  const history = [
    { role: 'assistant', tool_calls: [] },
    { role: 'user', content: 'hello' },
  ];
  const ask = async (body: object) => (await desk.post(PATH, body)).body;
  const request = { input_type: 'request', structured_messages: history, litellm_call_id: 'x'.repeat(201) };
  expect(await ask({ ...request, texts: ['hello'] })).toEqual({ action: 'NONE' });
  expect(await ask({ ...request, texts: [null, EVIL] })).toMatchObject({ action: 'BLOCKED' });
  const custom = { type: 'custom', custom: { name: 'a', input: EVIL } };
  expect(await ask({ input_type: 'response', texts: [], tool_calls: [custom] })).toMatchObject({
    action: 'BLOCKED',
  });
});

test('JSON that is encoded deeper than is read is counted, whoever asks and on both sides', async () => {
  desk = await testSidecar([makeRule({ target: 'both' })]);
  let deep = 'x';
  for (let times = 0; times < 11; times++) deep = JSON.stringify([deep]);
  await desk.post('/v1/decide', { prompt: deep });
  await desk.post('/v1/decide', { completion: deep });
  await desk.post('/v1/decide', { prompt: 'x', completion: JSON.stringify([JSON.stringify(['x'])]) });
  await desk.post('/portkey', call({ function: { name: 'f', arguments: deep } }));
  await desk.post('/portkey', asked({ messages: [{ role: 'user', content: deep }] }));
  const metrics = await (await fetch(`${desk.url}/metrics`)).text();
  const counted = metrics.split('\n').filter((line) => line.startsWith('stopgap_sidecar_unread_total{'));
  expect(counted.sort()).toEqual([
    'stopgap_sidecar_unread_total{contract="decide",phase="request",field="json"} 1',
    'stopgap_sidecar_unread_total{contract="decide",phase="response",field="json"} 1',
    'stopgap_sidecar_unread_total{contract="portkey",phase="request",field="json"} 1',
    'stopgap_sidecar_unread_total{contract="portkey",phase="response",field="json"} 1',
  ]);
});
