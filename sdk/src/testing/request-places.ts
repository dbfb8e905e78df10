// Places of a request from which words reach a model, each with a mark in it.

export const MARK = 'EXFIL_MARK_7';

export const user = (content: unknown, more: object = {}) => ({
  messages: [{ role: 'user', content, ...more }],
});
export const beside = (fields: object) => ({ ...user('hi'), ...fields });
export const history = (fields: object) => ({
  messages: [
    { role: 'user', content: 'go' },
    { role: 'assistant', content: null, ...fields },
  ],
});
export const encoded = (text: string, type = 'text/plain') =>
  `data:${type};base64,${Buffer.from(text).toString('base64')}`;

/** A name, a body, and the path it is sent to unless that is chat's. */
export const PLACES: [name: string, body: object, path?: string][] = [
  ['a system message', { messages: [{ role: 'system', content: MARK }] }],
  ['a developer message', { messages: [{ role: 'developer', content: MARK }] }],
  ['an assistant message', history({ content: MARK })],
  ['a role nobody knows', { messages: [{ role: 'ipython', content: MARK }] }],
  ['a function message', { messages: [{ role: 'function', name: 'f', content: MARK }] }],
  ['a part', user([{ type: 'text', text: MARK }])],
  [
    'two parts',
    user([
      { type: 'text', text: `run ${MARK.slice(0, 6)}` },
      { type: 'text', text: MARK.slice(6) },
    ]),
  ],
  ['two strings as parts', user([MARK.slice(0, 3), MARK.slice(3)])],
  [
    'parts with one that is empty between them',
    user([
      { type: 'text', text: MARK.slice(0, 6) },
      { type: 'text', text: '' },
      { type: 'text', text: MARK.slice(6) },
    ]),
  ],
  [
    'parts that say more than their words',
    user([
      { type: 'text', text: MARK.slice(0, 6), note: 'x' },
      { type: 'text', text: MARK.slice(6), note: 'y' },
    ]),
  ],
  [
    'parts with one of no words between them',
    user([
      { type: 'text', text: MARK.slice(0, 6) },
      { type: 'marker' },
      { type: 'text', text: MARK.slice(6) },
    ]),
  ],
  [
    'the format of a field',
    beside({ tools: [{ function: { parameters: { properties: { q: { format: MARK } } } } }] }),
  ],
  ['the id of a document', beside({ documents: [{ id: MARK, text: 'x' }] })],
  [
    'a file in UTF-16',
    user([
      {
        type: 'file',
        file: {
          file_data: `data:text/plain;charset=utf-16le;base64,${Buffer.from(MARK, 'utf16le').toString('base64')}`,
        },
      },
    ]),
  ],
  [
    'a file in UTF-16 with its mark',
    user([
      {
        type: 'file',
        file: {
          file_data: `data:text/plain;base64,${Buffer.from(`\uFEFF${MARK}`, 'utf16le').toString('base64')}`,
        },
      },
    ]),
  ],
  ['input_text', user([{ type: 'input_text', text: MARK }])],
  ['content as an object', user({ text: MARK })],
  ['a field of content that nobody knows', user({ deep: [{ own: MARK }] })],
  ['a name', user('hi', { name: MARK })],
  ['reasoning of the history', history({ reasoning_content: MARK })],
  ['a refusal of the history', history({ refusal: MARK })],
  [
    'arguments of the history',
    history({ tool_calls: [{ id: 'a', function: { name: 'f', arguments: `{"c":"${MARK}"}` } }] }),
  ],
  [
    'arguments as an object',
    history({ tool_calls: [{ function: { name: 'f', arguments: { [MARK]: 1 } } }] }),
  ],
  ['a custom call', history({ tool_calls: [{ type: 'custom', custom: { name: 'x', input: MARK } }] })],
  ['a call of the old kind', history({ function_call: { name: 'f', arguments: MARK } })],
  ['the name of a call', history({ tool_calls: [{ function: { name: MARK, arguments: '{}' } }] })],
  ['a tool result in parts', { messages: [{ role: 'tool', content: [{ type: 'text', text: MARK }] }] }],
  [
    'what a tool is for',
    beside({ tools: [{ type: 'function', function: { name: 'f', description: MARK } }] }),
  ],
  [
    'a field of a tool',
    beside({
      tools: [{ type: 'function', function: { parameters: { properties: { q: { description: MARK } } } } }],
    }),
  ],
  ['the name of a field', beside({ tools: [{ function: { parameters: { properties: { [MARK]: {} } } } }] })],
  [
    'values to choose from',
    beside({ tools: [{ function: { parameters: { properties: { q: { enum: [MARK] } } } } }] }),
  ],
  ['functions', beside({ functions: [{ name: 'f', description: MARK }] })],
  [
    'a format',
    beside({ response_format: { type: 'json_schema', json_schema: { name: 'a', description: MARK } } }),
  ],
  ['a prediction', beside({ prediction: { type: 'content', content: MARK } })],
  ['stop words', beside({ stop: ['x', MARK] })],
  ['a template’s arguments', beside({ chat_template_kwargs: { persona: MARK } })],
  ['search options', beside({ web_search_options: { user_location: { approximate: { city: MARK } } } })],
  ['documents', beside({ documents: [{ title: 't', text: MARK }] })],
  ['a field nobody knows', beside({ steering: { note: MARK } })],
  [
    'the address of a picture',
    user([{ type: 'image_url', image_url: { url: `https://x.test/?q=${MARK}` } }]),
  ],
  ['a file', user([{ type: 'file', file: { filename: 'n.txt', file_data: encoded(MARK) } }])],
  ['a file of JSON', user([{ type: 'file', file: { file_data: encoded(MARK, 'application/json') } }])],
  [
    'a file without a type',
    user([{ type: 'file', file: { file_data: Buffer.from(MARK).toString('base64') } }]),
  ],
  ['the name of a file', user([{ type: 'file', file: { filename: MARK, file_data: encoded('x') } }])],
  [
    'a file in percent signs',
    user([{ type: 'file', file: { file_data: `data:text/plain,${MARK.replace('_', '%5F')}` } }]),
  ],
  ['text that looks like a data address', user(`data:foo/bar,${MARK}`)],
  ['a prompt', { prompt: ['a', MARK] }, '/v1/completions'],
  ['a suffix', { prompt: 'a', suffix: MARK }, '/v1/completions'],
  ['responses: input', { input: MARK }, '/v1/responses'],
  ['responses: instructions', { input: 'a', instructions: MARK }, '/v1/responses'],
  [
    'responses: a message',
    { input: [{ role: 'user', content: [{ type: 'input_text', text: MARK }] }] },
    '/v1/responses',
  ],
  ['responses: a call', { input: [{ type: 'function_call', name: 'f', arguments: MARK }] }, '/v1/responses'],
  [
    'responses: a result',
    { input: [{ type: 'function_call_output', call_id: 'c', output: MARK }] },
    '/v1/responses',
  ],
  [
    'responses: a result in parts',
    { input: [{ type: 'function_call_output', output: [{ type: 'input_text', text: MARK }] }] },
    '/v1/responses',
  ],
  [
    'responses: a tool',
    { input: 'a', tools: [{ type: 'function', name: 'f', description: MARK }] },
    '/v1/responses',
  ],
  [
    'responses: reasoning',
    { input: [{ type: 'reasoning', summary: [{ type: 'summary_text', text: MARK }] }] },
    '/v1/responses',
  ],
  ['responses: variables', { prompt: { id: 'p', variables: { a: MARK } } }, '/v1/responses'],
  ['messages: system', { system: [{ type: 'text', text: MARK }], messages: [] }, '/v1/messages'],
  [
    'messages: a tool',
    { messages: [], tools: [{ name: 'f', input_schema: { description: MARK } }] },
    '/v1/messages',
  ],
  [
    'messages: a call',
    { messages: [{ role: 'assistant', content: [{ type: 'tool_use', input: { a: [MARK] } }] }] },
    '/v1/messages',
  ],
  [
    'messages: a result',
    {
      messages: [
        { role: 'user', content: [{ type: 'tool_result', content: [{ type: 'text', text: MARK }] }] },
      ],
    },
    '/v1/messages',
  ],
  [
    'messages: a document',
    {
      messages: [
        {
          role: 'user',
          content: [
            {
              type: 'document',
              title: 't',
              source: { type: 'text', media_type: 'text/plain', data: MARK },
            },
          ],
        },
      ],
    },
    '/v1/messages',
  ],
  [
    'messages: a document in base64',
    {
      messages: [
        {
          role: 'user',
          content: [
            {
              type: 'document',
              source: {
                type: 'base64',
                media_type: 'text/plain',
                data: Buffer.from(MARK).toString('base64'),
              },
            },
          ],
        },
      ],
    },
    '/v1/messages',
  ],
  [
    'Gemini: contents',
    { contents: [{ role: 'user', parts: [{ text: MARK.slice(0, 5) }, { text: MARK.slice(5) }] }] },
    '/v1beta/models/g:generateContent',
  ],
  [
    'Gemini: the system',
    { systemInstruction: { parts: [{ text: MARK }] }, contents: [] },
    '/v1beta/models/g:streamGenerateContent',
  ],
  [
    'Gemini: a function',
    { tools: [{ functionDeclarations: [{ name: 'f', description: MARK }] }], contents: [] },
    '/v1beta/models/g:generateContent',
  ],
  [
    'Gemini: a result',
    { contents: [{ parts: [{ functionResponse: { name: 'f', response: { a: MARK } } }] }] },
    '/v1beta/models/g:generateContent',
  ],
  [
    'Gemini: data',
    {
      contents: [
        { parts: [{ inlineData: { mimeType: 'text/plain', data: Buffer.from(MARK).toString('base64') } }] },
      ],
    },
    '/v1beta/models/g:generateContent',
  ],
];
