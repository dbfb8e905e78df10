import { describe, expect, test } from 'vitest';
import { readAnswer, readPrompt } from './conversation.ts';

// Shapes of gateways' logs: a reviewer must see what the model said and what it had tools do.

const message = (fields: object) => ({
  choices: [{ index: 0, message: { role: 'assistant', content: null, ...fields } }],
});
const output = (...items: object[]) => ({ object: 'response', output: items });

describe('an answer', () => {
  test.each<[string, unknown, string]>([
    ['a text', 'a', 'a'],
    ['one choice', message({ content: 'a' }), 'a'],
    [
      'several choices',
      { choices: [{ message: { content: 'a' } }, { message: { content: 'b' } }] },
      '[answer 1 of 2]\na\n\n[answer 2 of 2]\nb',
    ],
    [
      'a first choice that is empty',
      { choices: [{ message: { content: '' } }, { message: { content: 'b' } }] },
      '[answer 1 of 2]\n\n\n[answer 2 of 2]\nb',
    ],
    [
      'text completions',
      { choices: [{ text: 'a' }, { text: 'b' }] },
      '[answer 1 of 2]\na\n\n[answer 2 of 2]\nb',
    ],
    [
      'a call',
      message({
        content: 'ok',
        tool_calls: [{ type: 'function', function: { name: 'run', arguments: '{"sql":1}' } }],
      }),
      'ok\n[run]\n{"sql":1}',
    ],
    [
      'reasoning in blocks',
      message({ content: 'a', thinking_blocks: [{ type: 'thinking', thinking: 'hm' }] }),
      '[reasoning]\nhm\na',
    ],
    [
      'a message of Converse',
      {
        output: {
          message: {
            role: 'assistant',
            content: [{ text: 'a' }, { toolUse: { name: 'run', input: { x: 1 } } }],
          },
        },
        stopReason: 'tool_use',
      },
      'a\n[run]\n{"x":1}',
    ],
    [
      'two calls',
      message({
        tool_calls: [
          { function: { name: 'a', arguments: '1' } },
          { function: { name: 'b', arguments: '2' } },
        ],
      }),
      '[a]\n1\n[b]\n2',
    ],
    [
      'arguments as an object',
      message({ tool_calls: [{ function: { name: 'a', arguments: { x: 1 } } }] }),
      '[a]\n{"x":1}',
    ],
    [
      'a custom call',
      message({ tool_calls: [{ type: 'custom', custom: { name: 'exec', input: 'ls' } }] }),
      '[exec]\nls',
    ],
    [
      'a call of the old kind',
      message({ function_call: { name: 'run', arguments: '{"a":1}' } }),
      '[run]\n{"a":1}',
    ],
    ['a refusal', message({ refusal: 'No.' }), '[refusal]\nNo.'],
    ['reasoning', message({ reasoning_content: 'hm', content: 'a' }), '[reasoning]\nhm\na'],
    [
      'responses: words',
      output({
        type: 'message',
        content: [
          { type: 'output_text', text: 'a' },
          { type: 'output_text', text: 'b' },
        ],
      }),
      'ab',
    ],
    [
      'responses: a refusal',
      output({ type: 'message', content: [{ type: 'refusal', refusal: 'No.' }] }),
      '[refusal]\nNo.',
    ],
    [
      'responses: reasoning',
      output({ type: 'reasoning', summary: [{ type: 'summary_text', text: 'hm' }] }),
      '[reasoning]\nhm',
    ],
    [
      'responses: a call',
      output({ type: 'function_call', call_id: 'c', name: 'w', arguments: '{"a":1}' }),
      '[w]\n{"a":1}',
    ],
    [
      'responses: a custom call',
      output({ type: 'custom_tool_call', name: 'exec', input: 'ls' }),
      '[exec]\nls',
    ],
    [
      'responses: another server',
      output({ type: 'mcp_call', name: 'find', server_label: 's', arguments: '{"q":1}', output: 'found' }),
      '[find]\n{"q":1}\nfound\n{"server_label":"s"}',
    ],
    [
      'responses: an interpreter',
      output({ type: 'code_interpreter_call', code: 'print(1)', outputs: [{ type: 'logs', logs: '1' }] }),
      '[code_interpreter_call]\nprint(1)\n[logs]\n{"logs":"1"}',
    ],
    [
      'responses: a shell',
      output({ type: 'local_shell_call', action: { type: 'exec', command: ['ls', '-l'] } }),
      '[local_shell_call]\n{"type":"exec","command":["ls","-l"]}',
    ],
    [
      'responses: a patch',
      output({ type: 'apply_patch_call', operation: { type: 'update_file', path: 'a', diff: '+x' } }),
      '[apply_patch_call]\n{"type":"update_file","path":"a","diff":"+x"}',
    ],
    [
      'responses: a kind nobody knows',
      output({ type: 'new_call', id: 'n', words: 'x' }),
      '[new_call]\n{"words":"x"}',
    ],
    [
      'responses: several items',
      output(
        { type: 'reasoning', summary: [{ text: 'hm' }] },
        { type: 'function_call', name: 'w', arguments: '1' },
      ),
      '[reasoning]\nhm\n\n[w]\n1',
    ],
    ['output_text', { output_text: 'a' }, 'a'],
    [
      'Anthropic',
      {
        content: [
          { type: 'thinking', thinking: 'hm', signature: 's' },
          { type: 'text', text: 'a' },
          { type: 'tool_use', name: 'w', input: { x: 1 } },
        ],
      },
      '[reasoning]\nhm\na\n[w]\n{"x":1}',
    ],
    [
      'Gemini',
      {
        candidates: [
          {
            content: {
              role: 'model',
              parts: [
                { text: 'hm', thought: true },
                { text: 'a' },
                { functionCall: { name: 'w', args: { x: 1 } } },
              ],
            },
          },
        ],
      },
      '[reasoning]\nhm\na\n[w]\n{"x":1}',
    ],
    [
      'Gemini: code',
      {
        candidates: [
          {
            content: {
              parts: [
                { executableCode: { language: 'PYTHON', code: 'print(1)' } },
                { codeExecutionResult: { output: '1' } },
              ],
            },
          },
        ],
      },
      '[executableCode]\nprint(1)\n{"language":"PYTHON"}\n[codeExecutionResult]\n1',
    ],
    [
      'two candidates',
      { candidates: [{ content: { parts: [{ text: 'a' }] } }, { content: { parts: [{ text: 'b' }] } }] },
      '[answer 1 of 2]\na\n\n[answer 2 of 2]\nb',
    ],
  ])('%s', (_name, response, text) => {
    expect(readAnswer(response).text).toBe(text);
  });
});

describe('a prompt', () => {
  test.each<[string, unknown, string]>([
    ['one message', [{ role: 'user', content: 'a' }], 'a'],
    [
      'a history with calls',
      [
        { role: 'user', content: 'go' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ type: 'custom', custom: { name: 'exec', input: 'ls' } }],
        },
        { role: 'tool', content: 'done' },
      ],
      '[user]\ngo\n\n[assistant]\n[exec]\nls\n\n[tool]\ndone',
    ],
    [
      'items of responses',
      [
        { role: 'user', content: [{ type: 'input_text', text: 'go' }] },
        { type: 'function_call', name: 'w', arguments: '1' },
        { type: 'function_call_output', call_id: 'c', output: 'done' },
      ],
      '[user]\ngo\n\n[assistant]\n[w]\n1\n\n[tool]\n[function_call_output]\ndone',
    ],
    [
      'results of Anthropic',
      [
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: 'done' }] }],
        },
      ],
      '[tool_result]\ndone',
    ],
    [
      'contents of Gemini',
      [
        { role: 'user', parts: [{ text: 'a' }] },
        { role: 'user', parts: [{ functionResponse: { name: 'w', response: { x: 1 } } }] },
      ],
      '[user]\na\n\n[user]\n[result of w]\n{"x":1}',
    ],
  ])('%s', (_name, messages, text) => {
    expect(readPrompt(messages).text).toBe(text);
  });

  test('what the system says is asked too', () => {
    expect(readPrompt([{ role: 'user', content: 'a' }], [{ type: 'text', text: 's' }]).text).toBe(
      '[system]\ns\n\n[user]\na',
    );
  });
});

test('what cannot become text is named and counted', () => {
  const parts = [
    { type: 'text', text: 'a' },
    { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
    { type: 'image_url', image_url: { url: 'https://x.test/a.png' } },
    { type: 'input_audio', input_audio: { data: 'AAAA' } },
  ];
  expect(readPrompt([{ role: 'user', content: parts }])).toEqual({
    text: 'a[image: not shown][image: not shown]\nhttps://x.test/a.png\n[audio: not shown]',
    notShown: [
      { what: 'image', count: 2 },
      { what: 'audio', count: 1 },
    ],
  });
  const hidden = output({ type: 'reasoning', summary: [], encrypted_content: 'gAAA' });
  expect(readAnswer(hidden)).toEqual({
    text: '[reasoning]\n[encrypted content: not shown]',
    notShown: [{ what: 'encrypted content', count: 1 }],
  });
  expect(readAnswer(message({ audio: { id: 'a', data: 'AAAA', transcript: 'hello' } }))).toEqual({
    text: '[audio: not shown]\nhello',
    notShown: [{ what: 'audio', count: 1 }],
  });
});

test.each<[unknown, string]>([
  [{ generations: [{ words: 'a' }] }, '[generations]\n[{"words":"a"}]'],
  [[{ choices: [{ delta: { content: 'a' } }] }], '[choices]\n[{"delta":{"content":"a"}}]'],
  [{ output: { words: ['a'] } }, '[words]\n["a"]'],
  [
    { id: 'a', model: 'm', usage: { total_tokens: 1 }, error: { message: 'no' } },
    '[error]\n{"message":"no"}',
  ],
  [null, ''],
  [{}, ''],
  [[], ''],
  [{ choices: [] }, ''],
  [message({ content: '' }), ''],
  [{ type: 'message', role: 'assistant', content: [], usage: { output_tokens: 0 } }, ''],
  [output(), ''],
])('an answer in a form that nobody knows is shown as it is, an empty one is empty: %j', (response, text) => {
  expect(readAnswer(response).text).toBe(text);
});

test('a result of a tool names the tool that was called', () => {
  const asked = [
    { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'read_file', input: { path: 'a' } }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: 'words' }] },
    { role: 'assistant', tool_calls: [{ id: 't2', function: { name: 'run', arguments: '1' } }] },
    { role: 'tool', tool_call_id: 't2', content: 'done' },
    { type: 'function_call', call_id: 't3', name: 'w', arguments: '2' },
    { type: 'function_call_output', call_id: 't3', output: 'came' },
  ];
  expect(readPrompt(asked).text).toBe(
    [
      '[assistant]\n[read_file]\n{"path":"a"}',
      '[user]\n[result of read_file]\nwords',
      '[assistant]\n[run]\n1',
      '[tool run]\ndone',
      '[assistant]\n[w]\n2',
      '[tool]\n[result of w]\ncame',
    ].join('\n\n'),
  );
});
