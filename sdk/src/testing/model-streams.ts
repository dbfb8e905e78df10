// Streams of models in the shapes that services document, for tests of what goes through a guard.

export const data = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;
export const named = (value: { type: string; [field: string]: unknown }) =>
  `event: ${value.type}\n${data(value)}`;
export const chat = (delta: object, more: object = {}, top: object = {}) =>
  data({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_790_000_000,
    model: 'coder-7',
    system_fingerprint: 'fp_1',
    ...top,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: null, ...more }],
  });
const logprobs = (token: string) => ({
  logprobs: { content: [{ token, logprob: -0.1, bytes: [1], top_logprobs: [{ token: 'b', logprob: -3 }] }] },
});
const call = (fields: object) => ({ tool_calls: [{ index: 0, ...fields }] });

export const STREAMS: Record<string, string> = {
  'OpenAI chat': [
    chat({ role: 'assistant', content: '', refusal: null }),
    chat({ content: 'x = ' }, logprobs('x = '), { obfuscation: 'abc' }),
    'data: \n\n',
    chat({ content: '1\n' }, logprobs('1\n'), { obfuscation: 'd' }),
    chat(call({ id: 'a', type: 'function', function: { name: 'run', arguments: '' } })),
    chat(call({ function: { arguments: '{"a":' } })),
    chat(call({ function: { arguments: '1}' } })),
    chat({}, { finish_reason: 'tool_calls' }),
    data({
      id: 'chatcmpl-1',
      choices: [],
      usage: { total_tokens: 12, prompt_tokens_details: { cached_tokens: 0 } },
    }),
    'data: [DONE]\n\n',
  ].join(''),
  'OpenAI completions': [
    data({
      id: 'c',
      object: 'text_completion',
      choices: [{ text: 'a = ', index: 0, logprobs: null, finish_reason: null }],
    }),
    data({
      id: 'c',
      object: 'text_completion',
      choices: [{ text: '2', index: 0, logprobs: null, finish_reason: 'stop' }],
    }),
    'data: [DONE]\n\n',
  ].join(''),
  'OpenAI responses': [
    named({
      type: 'response.created',
      sequence_number: 0,
      response: { id: 'r', status: 'in_progress', output: [], tools: [] },
    }),
    named({
      type: 'response.output_item.added',
      sequence_number: 1,
      output_index: 0,
      item: { type: 'reasoning', id: 'rs', summary: [] },
    }),
    named({
      type: 'response.reasoning_summary_text.delta',
      sequence_number: 2,
      item_id: 'rs',
      output_index: 0,
      summary_index: 0,
      delta: 'Think',
    }),
    named({
      type: 'response.reasoning_summary_text.done',
      sequence_number: 3,
      item_id: 'rs',
      output_index: 0,
      summary_index: 0,
      text: 'Think',
    }),
    named({
      type: 'response.output_item.added',
      sequence_number: 4,
      output_index: 1,
      item: { type: 'message', id: 'm', role: 'assistant', content: [] },
    }),
    named({
      type: 'response.content_part.added',
      sequence_number: 5,
      item_id: 'm',
      output_index: 1,
      content_index: 0,
      part: { type: 'output_text', text: '', annotations: [] },
    }),
    named({
      type: 'response.output_text.delta',
      sequence_number: 6,
      item_id: 'm',
      output_index: 1,
      content_index: 0,
      delta: 'print',
      logprobs: [],
    }),
    named({
      type: 'response.output_text.delta',
      sequence_number: 7,
      item_id: 'm',
      output_index: 1,
      content_index: 0,
      delta: '(1)',
      logprobs: [],
    }),
    named({
      type: 'response.output_text.done',
      sequence_number: 8,
      item_id: 'm',
      output_index: 1,
      content_index: 0,
      text: 'print(1)',
    }),
    named({
      type: 'response.output_item.added',
      sequence_number: 9,
      output_index: 2,
      item: { type: 'function_call', id: 'f', name: 'run', arguments: '' },
    }),
    named({
      type: 'response.function_call_arguments.delta',
      sequence_number: 10,
      item_id: 'f',
      output_index: 2,
      delta: '{"a":1}',
    }),
    named({
      type: 'response.function_call_arguments.done',
      sequence_number: 11,
      item_id: 'f',
      output_index: 2,
      arguments: '{"a":1}',
    }),
    named({
      type: 'response.completed',
      sequence_number: 12,
      response: {
        id: 'r',
        status: 'completed',
        output: [{ type: 'message', id: 'm', content: [{ type: 'output_text', text: 'print(1)' }] }],
        usage: { total_tokens: 3 },
      },
    }),
  ].join(''),
  'Anthropic messages': [
    named({
      type: 'message_start',
      message: {
        id: 'm',
        type: 'message',
        role: 'assistant',
        content: [],
        model: 'c',
        stop_reason: null,
        usage: { input_tokens: 1 },
      },
    }),
    named({
      type: 'content_block_start',
      index: 0,
      content_block: { type: 'thinking', thinking: '', signature: '' },
    }),
    named({ type: 'ping' }),
    named({
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'thinking_delta', thinking: 'Let me see' },
    }),
    named({
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'signature_delta', signature: 'EqQBCgIYAhIM' },
    }),
    named({ type: 'content_block_stop', index: 0 }),
    named({ type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } }),
    named({ type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'Hello' } }),
    named({ type: 'content_block_stop', index: 1 }),
    named({
      type: 'content_block_start',
      index: 2,
      content_block: { type: 'tool_use', id: 't', name: 'run', input: {} },
    }),
    named({ type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '' } }),
    named({
      type: 'content_block_delta',
      index: 2,
      delta: { type: 'input_json_delta', partial_json: '{"a": "b"}' },
    }),
    named({ type: 'content_block_stop', index: 2 }),
    named({
      type: 'message_delta',
      delta: { stop_reason: 'tool_use', stop_sequence: null },
      usage: { output_tokens: 9 },
    }),
    named({ type: 'message_stop' }),
  ].join(''),
  Gemini: [
    data({
      candidates: [{ content: { parts: [{ text: 'Plan', thought: true }], role: 'model' }, index: 0 }],
      modelVersion: 'g',
      responseId: 'x',
    }),
    data({
      candidates: [{ content: { parts: [{ text: 'Hello ' }], role: 'model' }, index: 0 }],
      usageMetadata: { totalTokenCount: 2 },
      modelVersion: 'g',
    }),
    data({
      candidates: [
        {
          content: {
            parts: [{ functionCall: { name: 'run', args: { a: 'b' } }, thoughtSignature: 'Cg==' }],
            role: 'model',
          },
          index: 0,
        },
      ],
    }),
    data({
      candidates: [
        {
          content: { parts: [{ text: 'you' }], role: 'model' },
          finishReason: 'STOP',
          index: 0,
          safetyRatings: [{ category: 'C', probability: 'LOW' }],
        },
      ],
    }),
  ].join(''),
  vLLM: [
    chat(
      { role: 'assistant', content: '' },
      { token_ids: null, stop_reason: null },
      { prompt_token_ids: null },
    ),
    chat({ reasoning_content: 'hm', reasoning: 'hm' }, { token_ids: [1, 2] }),
    chat({ content: 'ok' }, { token_ids: [3] }),
    chat({ content: '' }, { finish_reason: 'stop', stop_reason: 'END' }),
    'data: [DONE]\n\n',
  ].join(''),
  LiteLLM: [
    ': keep-alive\n\n',
    chat({
      role: 'assistant',
      content: 'a',
      provider_specific_fields: null,
      thinking_blocks: [{ type: 'thinking', thinking: 'b', signature: 's' }],
    }),
    'data: keep-alive\n\n',
    chat({
      content: 'c',
      audio: null,
      images: [{ type: 'image_url', image_url: { url: 'https://x.test/a.png' } }],
    }),
    chat({}, { finish_reason: 'stop' }, { citations: ['https://x.test/1', 'https://x.test/2'] }),
    'data: [DONE]\n\n',
  ].join(''),
  OpenRouter: [
    ': OPENROUTER PROCESSING\n\n',
    chat(
      {
        role: 'assistant',
        content: '',
        reasoning: 'hm',
        reasoning_details: [{ type: 'reasoning.text', text: 'hm', format: 'unknown', index: 0 }],
      },
      { native_finish_reason: null },
      { provider: 'P' },
    ),
    ': OPENROUTER PROCESSING\n\n',
    chat(
      {
        content: '',
        reasoning_details: [
          { type: 'reasoning.encrypted', data: 'gAAAA', id: 'rs_1', format: 'openai-responses-v1', index: 0 },
        ],
      },
      {},
      { provider: 'P' },
    ),
    chat(
      { role: 'assistant', content: 'yes' },
      { native_finish_reason: 'completed', finish_reason: 'stop' },
      { provider: 'P' },
    ),
    'data: [DONE]\n\n',
  ].join(''),
  heartbeats: [
    '\uFEFFretry: 3000\n\n',
    'id: 7\n\n',
    'event: ping\ndata: {"type": "ping"}\n\n',
    ':\n\n',
    'data\n\n',
    'data: null\n\n',
    'id: 8\ndata: {"choices":null}\nretry: 5\n\n',
    data({ choices: [{ index: 0, delta: null, finish_reason: null }] }),
    data({ id: 1e21, choices: [{ index: 0, delta: { content: 'x' }, finish_reason: null }] }),
    'event: error\ndata: {"error":{"message":"overloaded","type":"server_error"}}\n\n',
  ].join(''),
};

/** The same bytes, cut by a simple generator of numbers. */
export function cut(bytes: Uint8Array, seed: number): ReadableStream<Uint8Array> {
  let at = 0;
  let state = seed;
  return new ReadableStream({
    pull: (controller) => {
      if (at >= bytes.length) return controller.close();
      state = (state * 48_271) % 2_147_483_647;
      const length = 1 + (state % (seed % 3 === 0 ? 4 : 200));
      controller.enqueue(bytes.subarray(at, at + length));
      at += length;
    },
  });
}
