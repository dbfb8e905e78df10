import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Decision } from '../decision.ts';
import { createGuard, type Guard } from '../guard.ts';
import type { Rule } from '../rule.ts';
import { TEST_KEY, TestFeed } from '../testing/feed.ts';
import { makeRule, makeSnapshot, ruleFor } from '../testing/rules.ts';
import type { Enforcer } from './exchange.ts';
import { guardChat, proxyHandler } from './http.ts';

let feed: TestFeed;
let guard: Guard;

beforeEach(async () => {
  feed = await new TestFeed().listen();
  guard = createGuard({ feedUrl: feed.url, apiKey: TEST_KEY, publicKey: feed.signer.publicKey });
});
afterEach(async () => {
  await guard.close();
  await feed.kill();
});

async function under(...rules: Rule[]): Promise<void> {
  feed.publish(makeSnapshot(1, rules));
  await guard.start();
}

const ask = (body: object, headers: Record<string, string> = {}, path = '/v1/chat/completions') =>
  new Request(`http://model.test${path}`, { method: 'POST', headers, body: JSON.stringify(body) });

const messages = [{ role: 'user', content: 'write something' }];
const said = (index: number, content: string) =>
  `data: ${JSON.stringify({ choices: [{ index, delta: { content }, finish_reason: null }] })}\n\n`;

/** A service that says these pieces and then goes on with the last for ever; `cut` when nobody listens any more. */
function endless(...pieces: string[]) {
  const service = { cut: false, forward: async () => new Response(stream, { headers }) };
  const headers = { 'content-type': 'text/event-stream' };
  let at = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      controller.enqueue(new TextEncoder().encode(pieces[Math.min(at++, pieces.length - 1)]));
    },
    cancel: () => {
      service.cut = true;
    },
  });
  return service;
}

test('when a rule has stopped all that was asked for, the service is cut off', async () => {
  await under(makeRule());
  const one = endless(said(0, 'x = '), said(0, 'evil(1)\n'), said(0, 'and on and on '));
  const answer = await guardChat(ask({ messages, stream: true }), one.forward, { guard });
  expect(await answer.text()).toMatch(/content_filter[\s\S]*data: \[DONE\]\n\n$/);
  await expect.poll(() => one.cut).toBe(true);
});

test('another choice that is still being written is not cut off with it', async () => {
  await under(makeRule());
  const two = endless(said(0, 'evil(1)\n'), said(1, 'good for something'), said(1, 'evil(2)\n'));
  const answer = await guardChat(ask({ messages, stream: true, n: 2 }), two.forward, { guard });
  const text = await answer.text();
  expect(text).toContain('good');
  expect(text.match(/content_filter/g)).toHaveLength(2);
  await expect.poll(() => two.cut).toBe(true);
});

test('a client that goes away ends what was open for it', async () => {
  await under(makeRule());
  const decisions: Promise<Decision>[] = [];
  const watched: Enforcer = {
    decide: (request) => guard.decide(request),
    stream: (context) => {
      const stream = guard.stream(context);
      decisions.push(stream.decision);
      return stream;
    },
  };
  const one = endless(said(0, 'x = 1\n'));
  const answer = await guardChat(ask({ messages, stream: true }), one.forward, { guard: watched });
  const reader = answer.body?.getReader();
  await reader?.read();
  await reader?.cancel();
  await expect.poll(() => one.cut).toBe(true);
  // It settles, so it is counted; without the cancel it would wait for ever.
  expect(await decisions[0]).toMatchObject({ verdict: 'allow' });
});

test('what is written and thrown away counts among the candidates', async () => {
  const cap = { action: 'sampling', parameters: { sampling: { candidates: { max: 2 } } } } as const;
  await under(ruleFor({ kind: 'any' }, 'x', { target: 'prompt', ...cap }));
  const sent: unknown[] = [];
  const forward = async (request: Request) => {
    sent.push(await request.json());
    return Response.json({ choices: [] });
  };
  const path = '/v1/completions';
  await guardChat(ask({ prompt: 'p', best_of: 9 }, {}, path), forward, { guard });
  await guardChat(ask({ prompt: 'p', best_of: 9, n: 5 }, {}, path), forward, { guard });
  await guardChat(ask({ prompt: 'p', n: 5 }, {}, path), forward, { guard });
  expect(sent).toEqual([
    { prompt: 'p', best_of: 2, n: 1 },
    { prompt: 'p', best_of: 2, n: 2 },
    { prompt: 'p', n: 2 },
  ]);
});

test('a proxy keeps what speaks of the connection to itself, also what the sender calls so', async () => {
  await under(makeRule());
  let seen = new Headers();
  const handler = proxyHandler({
    guard,
    upstream: 'http://upstream.test',
    fetch: async (_, init) => {
      seen = new Headers(init?.headers);
      return Response.json({ choices: [] });
    },
  });
  const headers = { connection: 'close, X-Hop', 'x-hop': 'mine', te: 'trailers', 'x-end': 'kept' };
  await handler(ask({ messages }, headers));
  expect([seen.get('x-hop'), seen.get('te'), seen.get('connection'), seen.get('x-end')]).toEqual([
    null,
    null,
    null,
    'kept',
  ]);
});

test('a path nobody can read is refused, and goes by on the operator’s word alone', async () => {
  await under(makeRule());
  const forward = async () => Response.json({ anything: true });
  const request = () => ask({ input: 'x' }, {}, '/v1/custom');
  expect((await guardChat(request(), forward, { guard })).status).toBe(501);
  const unguarded = ['/v1/custom'];
  expect((await guardChat(request(), forward, { guard, unguarded })).status).toBe(200);
  expect((await guardChat(ask({}, {}, '/v1/custom/'), forward, { guard, unguarded })).status).toBe(501);
});

test.each([900, 1_100, 100_000])(
  'bodies and events of %i levels are answered, never an error of the proxy itself',
  async (levels) => {
    await under(makeRule());
    const deep = `${'['.repeat(levels)}1${']'.repeat(levels)}`;
    const isRead = levels < 1_000;
    const post = (body: string) =>
      new Request('http://model.test/v1/chat/completions', { method: 'POST', body });
    const answering = (body: string, type: string) => async () =>
      new Response(body, { headers: { 'content-type': type } });
    const answer = '{"choices":[{"index":0,"message":{"role":"assistant","content":"good"}}]}';
    const plain = JSON.stringify({ messages });

    const asked = await guardChat(
      post(plain.replace('}', `,"extra":${deep}}`)),
      answering(answer, 'application/json'),
      { guard },
    );
    expect(asked.status).toBe(isRead ? 200 : 400);
    for (const field of ['prompt', 'input']) {
      const tokens = await guardChat(post(`{"${field}":${deep}}`), answering(answer, 'application/json'), {
        guard,
      });
      expect(tokens.status).toBe(400);
    }
    const told = await guardChat(
      post(plain),
      answering(answer.replace('"index"', `"more":${deep},"index"`), 'application/json'),
      { guard },
    );
    expect(told.status).toBe(isRead ? 200 : 502);
    const event = said(0, 'deep').replace('"index"', `"more":${deep},"index"`);
    const streamed = await guardChat(
      post(JSON.stringify({ messages, stream: true })),
      answering(`${event}${said(0, 'good')}data: [DONE]\n\n`, 'text/event-stream'),
      { guard },
    );
    const text = await streamed.text();
    expect(text).toContain('good');
    expect(text.includes('deep')).toBe(isRead);
  },
);
