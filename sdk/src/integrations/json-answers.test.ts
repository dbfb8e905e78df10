import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGuard, type Guard } from '../guard.ts';
import { TEST_KEY, TestFeed } from '../testing/feed.ts';
import { chat } from '../testing/model-streams.ts';
import { makeSnapshot, ruleFor } from '../testing/rules.ts';
import { guardChat } from './http.ts';

// JSON in the words of a model is read as its reader reads it, wherever it stands, whole and streamed.

let feed: TestFeed;
let guard: Guard;
beforeAll(async () => {
  feed = await new TestFeed().listen();
  guard = createGuard({ feedUrl: feed.url, apiKey: TEST_KEY, publicKey: feed.signer.publicKey });
  feed.publish(
    makeSnapshot(1, [ruleFor({ kind: 'imports', packages: ['acme-kite'] }, 'import acme_kite\n')]),
  );
  await guard.start();
});
afterAll(async () => {
  await guard.close();
  await feed.kill();
});

const path = 'http://model/v1/chat/completions';
const asks = (body: object) => ({ method: 'POST', body: JSON.stringify(body) });
const talk = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };

const whole = async (answer: object, request: object = talk) =>
  (await guardChat(new Request(path, asks(request)), async () => Response.json(answer), { guard })).text();

async function streamed(body: string): Promise<string> {
  const forward = async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  return (await guardChat(new Request(path, asks({ ...talk, stream: true })), forward, { guard })).text();
}

const CODE = '"import os\\nimport acme_kite\\n"';
const TEXTS: [string, string][] = [
  ['a fence', `Here:\n\n\`\`\`json\n{"c":${CODE}}\n\`\`\`\n`],
  ['a call as text', `<tool_call>{"name":"run","arguments":{"code":${CODE}}}</tool_call>`],
  ['behind words', `Sure: {"c":${CODE}}`],
  ['behind a comment', `/* as asked */ {"c":${CODE}}`],
  ['a name of a field', `{${CODE}:1}`],
  ['a list that begins with something else', `out: [true, ${CODE}]`],
  ['a list that begins with a number', `[1, ${CODE}]`],
  ['YAML', `run:\n  code: ${CODE}\n`],
  ['a list of YAML', `run:\n  - ${CODE}\n`],
  ['behind a stray quote', `a 5" disk and {"c":${CODE}}`],
  ['a command', '{"command":"npm","args":"install acme-kite"}'],
  ['a command behind its arguments', '{"args":"install acme-kite","cmd":"npm"}'],
  ['encoded twice in words', `Sure: ${JSON.stringify({ a: `{"c":${CODE}}` })}`],
];
const harmless = (text: string) => text.replace(/acme([-_])kite/g, 'some$1kite');
const says = (content: string) => ({ choices: [{ index: 0, message: { role: 'assistant', content } }] });
const pieces = (text: string) => text.match(/[\s\S]{1,7}/g) ?? [];

describe.each(TEXTS)('%s', (_, text) => {
  test('stops a whole answer, and leaves a harmless one as it came', async () => {
    expect(await whole(says(text))).not.toContain('kite');
    expect(await whole(says(harmless(text)))).toBe(JSON.stringify(says(harmless(text))));
  });

  test('stops a streamed answer, and leaves a harmless one as it came', async () => {
    const events = (of: string) =>
      `${pieces(of)
        .map((content) => chat({ content }))
        .join('')}data: [DONE]\n\n`;
    const shown = (body: string) =>
      [...body.matchAll(/^data: (\{.*\})$/gm)]
        .map(([, data]) => JSON.parse(data ?? '').choices[0].delta?.content ?? '')
        .join('');
    expect(shown(await streamed(events(text)))).not.toMatch(/kite/);
    expect(shown(await streamed(events(harmless(text))))).toBe(harmless(text));
  });

  test('stops what a tool is called with', async () => {
    const calls = (of: string) => {
      const message = {
        role: 'assistant',
        tool_calls: [{ id: 'c', type: 'function', function: { name: 'run', arguments: of } }],
      };
      return { choices: [{ index: 0, message }] };
    };
    expect(await whole(calls(text))).not.toContain('kite');
    expect(await whole(calls(harmless(text)))).toBe(JSON.stringify(calls(harmless(text))));
  });
});

test.each<[string, object]>([
  ['parameters', { type: 'function_call', name: 'run', parameters: `{"code":${CODE}}` }],
  ['the output of a server', { type: 'mcp_call', name: 'run', arguments: '{}', output: `{"code":${CODE}}` }],
])('%s of a call is read as JSON', async (_, call) => {
  const answer = (item: object) => ({ object: 'response', output: [item] });
  expect(await whole(answer(call))).not.toContain('kite');
  const other = JSON.parse(harmless(JSON.stringify(call)));
  expect(await whole(answer(other))).toBe(JSON.stringify(answer(other)));
});

test('what is quoted in words and handed to functions is no JSON', async () => {
  for (const text of [
    'He said "import acme_kite" and left.',
    'log("x", "import acme_kite")',
    's = "import acme_kite"',
  ]) {
    expect(await whole(says(text))).toBe(JSON.stringify(says(text)));
  }
});
