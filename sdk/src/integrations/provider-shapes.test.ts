import { afterAll, beforeAll, expect, test } from 'vitest';
import { createGuard, type Guard } from '../guard.ts';
import { TEST_KEY, TestFeed } from '../testing/feed.ts';
import { chat, data, named } from '../testing/model-streams.ts';
import { makeRule, makeSnapshot } from '../testing/rules.ts';
import { guardChat } from './http.ts';

// What services say of their own checks, and where agents' requests hold words: passed on as it came where no rule acts,
// read where one does.

let feed: TestFeed;
let guard: Guard;
beforeAll(async () => {
  feed = await new TestFeed().listen();
  guard = createGuard({ feedUrl: feed.url, apiKey: TEST_KEY, publicKey: feed.signer.publicKey });
  feed.publish(makeSnapshot(1, [makeRule({ target: 'both' })]));
  await guard.start();
});
afterAll(async () => {
  await guard.close();
  await feed.kill();
});

async function ask(path: string, body: object, answer: string, type: string, status = 200) {
  const request = new Request(`http://model${path}`, { method: 'POST', body: JSON.stringify(body) });
  let wasAsked = false;
  const forward = async () => {
    wasAsked = true;
    return new Response(answer, { status, headers: { 'content-type': type } });
  };
  const response = await guardChat(request, forward, { guard });
  return { wasAsked, status: response.status, text: await response.text() };
}

const CHAT = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };
const misaligned = (explanation: string | null) => ({
  error: {
    message: 'This request was stopped.',
    type: 'invalid_request_error',
    param: null,
    code: 'misalignment_policy_violation',
    misalignment: {
      error_type: 'potentially_unintended_data_access',
      detailed_explanation: explanation,
      review_target: null,
      steer: { message: 'Ask the user first.' },
    },
  },
});
const filtered = (is: boolean) => ({
  hate: { filtered: false, severity: 'safe' },
  jailbreak: { filtered: is, detected: is },
  protected_material_code: {
    filtered: false,
    detected: false,
    citation: { URL: 'https://example.org', license: 'MIT' },
  },
});

test.each<[string, string]>([
  ['an error in the middle', chat({ content: 'So' }) + data(misaligned(null))],
  ['an error with an explanation', chat({ content: 'So' }) + data(misaligned('It read a file outside.'))],
  [
    'what Azure found in the prompt and the answer',
    data({
      id: '',
      choices: [],
      prompt_filter_results: [{ prompt_index: 0, content_filter_results: filtered(false) }],
    }) +
      chat({ content: 'Hello' }, { content_filter_results: filtered(false) }) +
      chat(
        {},
        { finish_reason: 'stop', content_filter_results: {}, content_filter_offsets: { check_offset: 1 } },
      ) +
      'data: [DONE]\n\n',
  ],
  [
    'what Gemini blocked',
    data({
      promptFeedback: { blockReason: 'SAFETY', safetyRatings: [{ category: 'HARM', probability: 'HIGH' }] },
    }),
  ],
  [
    'what Gemini says of an answer',
    data({
      candidates: [
        {
          index: 0,
          content: { role: 'model', parts: [{ text: 'Hello' }] },
          finishReason: 'STOP',
          safetyRatings: [{ category: 'HARM', probability: 'LOW', blocked: false }],
          citationMetadata: { citations: [{ uri: 'https://example.org', license: 'MIT' }] },
        },
      ],
      modelVersion: 'g',
    }),
  ],
  [
    'pings and an overloaded service of Anthropic',
    named({
      type: 'message_start',
      message: { id: 'm', role: 'assistant', content: [], usage: { input_tokens: 1 } },
    }) +
      named({ type: 'ping' }) +
      named({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }),
  ],
  [
    'a failed response',
    named({
      type: 'response.created',
      sequence_number: 0,
      response: { id: 'r', status: 'in_progress', output: [] },
    }) +
      named({
        type: 'response.failed',
        sequence_number: 1,
        response: {
          id: 'r',
          status: 'failed',
          error: { code: 'cyber_policy', message: 'Stopped.' },
          output: [],
        },
      }),
  ],
  [
    'a guardrail of Bedrock behind a gateway',
    `${chat(
      {},
      { finish_reason: 'content_filter' },
      {
        trace: {
          guardrail: {
            inputAssessment: { g: { topicPolicy: { topics: [{ name: 'x', action: 'BLOCKED' }] } } },
          },
        },
      },
    )}data: [DONE]\n\n`,
  ],
])('a stream with %s goes out as it came', async (_, stream) => {
  const { text } = await ask('/v1/chat/completions', { ...CHAT, stream: true }, stream, 'text/event-stream');
  // What is held back of the words comes with a later event; all else of each event is as it was, in its order.
  const events = (all: string) =>
    [...all.matchAll(/^data: (.*)$/gm)].map(([, line = '']) =>
      line.replaceAll(/"(content|text)":"[^"]*"/g, '"$1":""'),
    );
  const left = events(text);
  for (const event of events(stream)) {
    const at = left.indexOf(event);
    expect(left, event).toContain(event);
    left.splice(0, at + 1);
  }
});

test('a refusal of the service keeps its status, its code and its advice', async () => {
  const body = misaligned('It read a file outside.');
  const { status, text } = await ask(
    '/v1/chat/completions',
    CHAT,
    JSON.stringify(body),
    'application/json',
    403,
  );
  expect([status, JSON.parse(text)]).toEqual([403, body]);
  const evil = await ask(
    '/v1/chat/completions',
    CHAT,
    JSON.stringify(misaligned('It ran evil(1).')),
    'application/json',
    403,
  );
  expect(evil.text).not.toContain('evil(');
});

const input = (...items: object[]) => ({ model: 'm', input: items });
const parts = (...content: object[]) => input({ role: 'user', content });
test.each<[string, string, object]>([
  [
    'tools among the input',
    '/v1/responses',
    input({ type: 'additional_tools', tools: [{ type: 'function', name: 'f', description: 'evil(1)' }] }),
  ],
  [
    'a tool of a namespace',
    '/v1/responses',
    input({
      type: 'function_call',
      namespace: 'mcp',
      name: 'f',
      call_id: 'c',
      arguments: '{"a":"ev\\u0069l(1)"}',
    }),
  ],
  [
    'a patch',
    '/v1/responses',
    input({
      type: 'apply_patch_call',
      call_id: 'c',
      operation: { type: 'update_file', path: 'a', diff: '+evil(1)' },
    }),
  ],
  [
    'what is typed into a running shell',
    '/v1/responses',
    input({ type: 'function_call', name: 'write_stdin', call_id: 'c', arguments: '{"chars":"evil(1)\\n"}' }),
  ],
  [
    'what a shell answered',
    '/v1/responses',
    input({
      type: 'shell_call_output',
      call_id: 'c',
      output: [{ stdout: 'evil(1)', stderr: '', outcome: { type: 'exit', exit_code: 0 } }],
    }),
  ],
  [
    'a tool result in parts',
    '/v1/responses',
    input({ type: 'function_call_output', call_id: 'c', output: [{ type: 'input_text', text: 'evil(1)' }] }),
  ],
  [
    'what a search of tools found',
    '/v1/responses',
    input({ type: 'tool_search_output', tools: [{ name: 'f', description: 'evil(1)' }] }),
  ],
  [
    'a file of text',
    '/v1/responses',
    parts({
      type: 'input_file',
      filename: 'a.py',
      file_data: `data:text/x-python;base64,${Buffer.from('evil(1)').toString('base64')}`,
    }),
  ],
  [
    'a tool result of Anthropic',
    '/v1/messages',
    {
      model: 'm',
      max_tokens: 1,
      messages: [
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: 'evil(1)' }] }],
        },
      ],
    },
  ],
  [
    'a tool whose definition is cached',
    '/v1/messages',
    {
      model: 'm',
      max_tokens: 1,
      tools: [{ name: 'f', description: 'evil(1)', input_schema: {}, cache_control: { type: 'ephemeral' } }],
      messages: [],
    },
  ],
  [
    'a result of Gemini',
    '/v1beta/models/g:generateContent',
    {
      contents: [
        { role: 'user', parts: [{ functionResponse: { name: 'f', response: { output: 'evil(1)' } } }] },
      ],
    },
  ],
])('%s is read before the model is asked', async (_, path, body) => {
  const { wasAsked } = await ask(path, body, '{}', 'application/json');
  expect(wasAsked).toBe(false);
});
