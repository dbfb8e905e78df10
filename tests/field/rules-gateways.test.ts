import { afterEach } from 'vitest';
import { guardedFetch } from '#sdk/integrations/http';
import type { RuleScope } from '#sdk/rule';
import { type TestSidecar, testSidecar } from '#sidecar/testing/sidecar';
import { type FieldCase, fieldCase, ruleOf } from './cases.ts';
import { type Guarded, guarded } from './upstream.ts';

let open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.map((each) => each.close()));
  open = [];
});

async function proxied({ json }: FieldCase): Promise<Guarded> {
  const made = await guarded(ruleOf(json('rule.json')));
  open.push(made);
  return made;
}
async function sidecar({ json }: FieldCase, rule = 'rule.json'): Promise<TestSidecar> {
  const made = await testSidecar([ruleOf(json(rule))]);
  open.push(made);
  return made;
}

const PATH = '/v1/chat/completions';
const posted = (body: unknown) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

/** Whether a request was stopped before the model, or passed. */
async function fate(desk: Guarded, body: unknown): Promise<string> {
  const before = desk.asked();
  const response = await fetch(`${desk.proxy}${PATH}`, posted(body));
  const { error } = (await response.json()) as { error?: { code?: string } };
  if (desk.asked() > before) return `${response.status}, reached the model`;
  return `${response.status} ${error?.code}`;
}

type Delta = { content?: string | null; tool_calls?: unknown[] };
type Chunk = { choices?: { delta?: Delta; finish_reason?: string | null }[]; error?: unknown };

/** What a client of a stream reads: its words, its calls, how it ended, and whether it broke off. */
async function readStream(response: Response) {
  let text = '';
  let isBroken = false;
  try {
    for await (const piece of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()))
      text += piece;
  } catch {
    isBroken = true;
  }
  const events = text.split(/\r?\n\r?\n/).map((block) => /^data: ?(.*)$/m.exec(block)?.[1] ?? '');
  const chunks = events.filter((data) => data.startsWith('{')).map((data) => JSON.parse(data) as Chunk);
  const choices = chunks.flatMap((chunk) => chunk.choices ?? []);
  return {
    isBroken,
    isDone: events.includes('[DONE]'),
    isError: /^event: error/m.test(text) || chunks.some(({ error }) => error !== undefined),
    words: choices.map(({ delta }) => delta?.content ?? '').join(''),
    calls: choices.filter(({ delta }) => delta?.tool_calls).length,
    finish: choices.map((choice) => choice.finish_reason).findLast((reason) => reason),
  };
}

fieldCase('07', 'parallel calls under one index', async (given) => {
  const desk = await proxied(given);
  for (const file of given.files.filter((name) => name.endsWith('.sse'))) {
    desk.answers(given.text(file), true);
    const read = await readStream(await fetch(`${desk.proxy}${PATH}`, posted(given.json('request.json'))));
    await given.row(file, 'content_filter', read.finish);
    await given.row(`${file}: calls handed on`, '0', read.calls);
  }
  await given.row('hits counted', '3', async () => {
    await desk.guard.close();
    return desk.feed.reports.flatMap(({ hits }) => hits).reduce((sum, { enforced }) => sum + enforced, 0);
  });
});

fieldCase('08', 'a tool’s result in JSON', async (given) => {
  const desk = await proxied(given);
  const side = await sidecar(given);
  for (const file of given.files.filter((name) => name.startsWith('request-'))) {
    const body = given.json(file);
    await given.row(`proxy, ${file}`, '400 content_filter', () => fate(desk, body));
    await given.row(`Portkey, ${file}`, 'verdict false', () => portkey(side, body));
  }
  await given.row('LiteLLM', 'BLOCKED', async () => {
    const answer = await side.post('/beta/litellm_basic_guardrail_api', given.json('litellm.json'));
    return answer.body.action;
  });
});

const portkey = async (side: TestSidecar, json: unknown) =>
  `verdict ${(await side.post('/portkey', { eventType: 'beforeRequestHook', request: { json } })).body.verdict}`;

fieldCase('09', 'where a client can put words', async (given) => {
  const desk = await proxied(given);
  const side = await sidecar(given);
  for (const file of given.files.filter((name) => /^(?:[a-z]-|control)/.test(name))) {
    const body = given.json(file);
    await given.row(`proxy, ${file}`, '400 content_filter', () => fate(desk, body));
    await given.row(`Portkey, ${file}`, 'verdict false', () => portkey(side, body));
  }
});

fieldCase('10', 'heartbeats in a stream', async (given) => {
  const desk = await proxied(given);
  const body = given.json('request.json');
  const own = guardedFetch({ guard: desk.guard });
  const call: string = given.json('rule.json').matcher.text;
  for (const file of given.files.filter((name) => name.endsWith('.sse'))) {
    const stream = given.text(file);
    desk.answers(stream, true);
    const chunks = [...stream.matchAll(/"content":("(?:[^"\\]|\\.)*")/g)];
    const all = chunks.map(([, content = '""']) => JSON.parse(content) as string).join('');
    for (const [way, send, url] of [
      ['proxy', fetch, desk.proxy],
      ['guardedFetch', own, desk.model],
    ] as const) {
      const read = await readStream(await send(`${url}${PATH}`, posted(body)));
      const words = JSON.stringify(read.words);
      if (all.includes(call)) {
        await given.row(`${way}, ${file}: end`, 'content_filter', read.finish);
        await given.row(`${way}, ${file}: the call`, 'kept back', () =>
          !read.words.includes(call) && !read.words.includes(call.slice(0, -4)) ? 'kept back' : words,
        );
      } else await given.row(`${way}, ${file}: words`, JSON.stringify(all), words);
      await given.row(`${way}, ${file}: end seen`, stream.includes('[DONE]') ? '[DONE]' : 'broke off', () =>
        read.isDone && !read.isBroken ? '[DONE]' : read.isBroken || read.isError ? 'broke off' : 'neither',
      );
    }
  }
});

fieldCase('12', 'kill switches of names with signs', async (given) => {
  const context = { targetingKey: 'u-1' };
  const flags = '/ofrep/v1/evaluate/flags';
  const keys = [...given.text('calls.sh').matchAll(/^one '([^']+)'/gm)].map(([, key = '']) => key);
  for (const file of given.files.filter((name) => name.startsWith('rule-'))) {
    const { scope, target } = given.json(file) as { scope: RuleScope; target: string };
    const names = (scope.models ?? []).flatMap((model) =>
      (scope.versions ?? [null]).map((version) => (version === null ? model : `${model}@${version}`)),
    );
    const side = await sidecar(given, file);
    const value = async (path: string, more = {}) =>
      (await side.post(`${flags}${path}`, { context: { ...context, ...more } })).body.value;
    for (const key of keys) {
      const isOff = names.some((name) => decodeURIComponent(key) === `model:${name}`);
      await given.row(`${file}: ${key}`, String(!isOff), value(`/${key}`));
    }
    const bulk: { key: string; value: boolean }[] = (await side.post(flags, { context })).body.flags;
    for (const model of names) {
      await given.row(
        `${file}: bulk`,
        'false',
        () => bulk.find(({ key }) => key === `model:${model}`)?.value,
      );
      await given.row(`${file}: context`, 'false', value('/serving', { model }));
      const part = target === 'completion' ? 'completion' : 'prompt';
      await given.row(`${file}: decide`, 'block', async () => {
        return (await side.post('/v1/decide', { model, [part]: 'hi' })).body.verdict;
      });
    }
  }
});
