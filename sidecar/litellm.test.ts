import { afterEach, describe, expect, test } from 'vitest';
import type { Rule } from '#sdk/rule';
import { makeRule, ruleFor } from '#sdk/testing/rules';
import { LITELLM } from './testing/recorded.ts';
import { type TestSidecar, testSidecar } from './testing/sidecar.ts';

let desk: TestSidecar;
afterEach(() => desk?.close());

const PATH = '/beta/litellm_basic_guardrail_api';
const ask = async (body: object) => (await desk.post(PATH, body)).body;

const redactPassword = (overrides: Partial<Rule> = {}) =>
  ruleFor({ kind: 'literal', text: 'hunter2', ignoreCase: false }, 'hunter2', {
    action: 'redact',
    target: 'both',
    ...overrides,
  });

describe('requests', () => {
  test('blocked with the reason, scoped by team, tier and model; passed otherwise', async () => {
    desk = await testSidecar([
      makeRule({
        target: 'prompt',
        scope: { tenants: ['acme'], tiers: ['free'], models: ['coder-7'] },
        parameters: { text: 'Not now.' },
      }),
    ]);
    const texts = ['write evil(1)'];
    expect(await ask(LITELLM.request(texts))).toEqual({ action: 'BLOCKED', blocked_reason: 'Not now.' });
    expect(await ask(LITELLM.request(['hello']))).toEqual({ action: 'NONE' });
    expect(await ask(LITELLM.request(texts, { model: 'coder-8' }))).toEqual({ action: 'NONE' });
  });

  test('releases without a model are scoped by the guardrail’s own parameters', async () => {
    desk = await testSidecar([
      makeRule({ target: 'prompt', scope: { models: ['coder-7'], tenants: ['acme'] } }),
    ]);
    const texts = ['evil(1)'];
    expect((await ask(LITELLM.old(texts, { model: 'coder-7', tenant: 'acme' }))).action).toBe('BLOCKED');
    expect((await ask(LITELLM.old(texts, {}))).action).toBe('NONE');
  });

  test('a user who says word for word what calls itself the system’s is judged all the same', async () => {
    desk = await testSidecar([makeRule({ target: 'prompt' })]);
    const text = 'write evil(1)';
    const told = (...roles: string[]) => ({
      ...LITELLM.request(roles.map(() => text)),
      structured_messages: roles.map((role) => ({ role, content: text })),
    });
    expect((await ask(told('developer', 'user'))).action).toBe('BLOCKED');
    expect((await ask(told('system'))).action).toBe('NONE');
    // Messages that do not tell of all texts say nothing of any.
    const short = { ...told('system'), texts: [text, text] };
    expect((await ask(short)).action).toBe('BLOCKED');
    const parts = {
      ...told('system'),
      structured_messages: [{ role: 'system', content: [{ type: 'text', text }] }],
    };
    expect((await ask(parts)).action).toBe('NONE');
  });

  test('as many texts come back as were sent, and the system prompt is left alone', async () => {
    const rule = redactPassword();
    desk = await testSidecar([rule]);
    const texts = ['Never write evil(.', 'one', 'my hunter2', 'two hunter2 hunter2'];
    const mark = `[removed by ${rule.ref}]`;
    expect(await ask(LITELLM.request(texts))).toEqual({
      action: 'GUARDRAIL_INTERVENED',
      texts: ['Never write evil(.', 'one', `my ${mark}`, `two ${mark} ${mark}`],
    });
    await desk.publish([makeRule({ target: 'prompt' })]);
    expect(await ask(LITELLM.request(['Never write evil(.', 'hello']))).toEqual({ action: 'NONE' });
  });

  test('a rule that cannot be applied is no 5xx; a body that is none of theirs is refused', async () => {
    desk = await testSidecar(null);
    const open = await desk.post(PATH, LITELLM.request(['evil(1)']));
    expect([open.status, open.body.action]).toEqual([200, 'NONE']);
    expect(open.headers.get('x-stopgap-degraded')).toBe('no-ruleset');
    expect((await desk.post(PATH, { texts: 'evil(1)' })).status).toBe(400);
    await desk.close();
    desk = await testSidecar(null, { fail: 'closed' });
    expect((await ask(LITELLM.request(['hello']))).action).toBe('BLOCKED');
    expect((await ask(LITELLM.response(['hello']))).action).toBe('BLOCKED');
  });

  test('a tool call that a rule hits is blocked in the answer', async () => {
    desk = await testSidecar([makeRule()]);
    const call = { id: 'c', type: 'function', function: { name: 'write', arguments: '{"code":"evil(1)"}' } };
    expect((await ask(LITELLM.response([], { tool_calls: [call] }))).action).toBe('BLOCKED');
  });
});

describe('answers', () => {
  test('the held characters are a list with one number per text: a bare number would be dropped', async () => {
    desk = await testSidecar([makeRule()]);
    const reply = await ask(LITELLM.response(['fine', 'fine too']));
    expect(reply.action).toBe('NONE');
    expect(reply.stream_holdback_chars).toEqual([4, 5]);
    await desk.publish([makeRule({ action: 'flag' })]);
    expect((await ask(LITELLM.response(['fine']))).stream_holdback_chars).toEqual([0]);
  });

  /**
   * What LiteLLM does with our replies when it streams by `incremental_diff`, every chunk: it shows the text without
   * the held end, and in a last round, which repeats the whole answer, all of it.
   */
  async function stream(call: string, chunks: string[]) {
    let received = '';
    let shown = '';
    const show = (reply: { texts?: string[]; stream_holdback_chars?: number[] }, final: boolean) => {
      const text = reply.texts?.[0] ?? received;
      const hold = final ? 0 : (reply.stream_holdback_chars?.[0] ?? 0);
      const next = text.slice(0, text.length - hold);
      // What has been shown cannot be taken back: LiteLLM raises an error then.
      if (next.length >= shown.length) expect(next.slice(0, shown.length)).toBe(shown);
      shown = next.length > shown.length ? next : shown;
    };
    const fields = { litellm_call_id: call, additional_provider_specific_params: { every_chunk: true } };
    for (const chunk of [...chunks, '']) {
      received += chunk;
      const reply = await ask(LITELLM.response([received], fields));
      if (reply.action === 'BLOCKED') return { shown, blocked: true };
      show(reply, chunk === '');
    }
    return { shown, blocked: false };
  }

  test('a stream is blocked before any of the match is shown, however it is cut', async () => {
    desk = await testSidecar([makeRule()]);
    const answer = 'x = 1\nevil(2)\nmore';
    for (let size = 1; size <= 7; size++) {
      const chunks = answer.match(new RegExp(`[\\s\\S]{1,${size}}`, 'g')) ?? [];
      const { shown, blocked } = await stream(`cut-${size}`, chunks);
      expect(blocked).toBe(true);
      expect('x = 1\n'.startsWith(shown)).toBe(true);
    }
  });

  test('a redaction in a stream shows what it would show of the whole, however it is cut', async () => {
    const rule = redactPassword();
    const number = ruleFor({ kind: 're2', pattern: String.raw`\bsk-\d{3,6}`, ignoreCase: false }, 'sk-123', {
      action: 'redact',
    });
    desk = await testSidecar([rule, number]);
    const answer = 'hunter2 a hunter hunter2hunter2 key sk-12 sk-123456 end hunter2';
    const whole = (await ask(LITELLM.response([answer], { litellm_call_id: 'whole' }))).texts[0];
    expect(whole).not.toMatch(/hunter2|sk-123/);
    for (let size = 1; size <= 9; size++) {
      const chunks = answer.match(new RegExp(`.{1,${size}}`, 'g')) ?? [];
      expect(await stream(`cut-${size}`, chunks)).toEqual({ shown: whole, blocked: false });
    }
  });

  test('half a name is not the name: a stream waits for what follows, and the end decides', async () => {
    const imports = ruleFor({ kind: 'imports', packages: ['reques'] }, 'import reques\n', {
      scope: { languages: ['python'] },
      tests: { mustMatch: [{ text: 'import reques\n', language: 'python' }], mustNotMatch: [] },
    });
    desk = await testSidecar([{ ...imports, scope: {} }]);
    expect(await stream('longer', ['import ', 'reques', 'ts\n'])).toEqual({
      shown: 'import requests\n',
      blocked: false,
    });
    expect((await stream('named', ['import ', 'reques'])).blocked).toBe(true);
  });

  test('unless the guardrail says that every chunk comes here, each text is judged as if it were the last', async () => {
    desk = await testSidecar([ruleFor({ kind: 'imports', packages: ['reques'] }, 'import reques\n')]);
    const half = ['import ', 'import reques'];
    const actions = [];
    for (const text of half) actions.push((await ask(LITELLM.response([text]))).action);
    expect(actions).toEqual(['NONE', 'BLOCKED']);
  });

  test('each answer is counted once, however many chunks it came in', async () => {
    const flag = makeRule({ action: 'flag' });
    desk = await testSidecar([flag]);
    await stream('counted', 'a evil(b evil(c'.split(''));
    await desk.sidecar.close();
    const hits = desk.feed.reports.flatMap((report) => report.hits);
    expect(hits.reduce((sum, hit) => sum + hit.hits, 0)).toBe(1);
  });
});
