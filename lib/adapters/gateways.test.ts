import { describe, expect, it } from 'vitest';
import { checkRow, type RawRow } from '#lib/interactions/batch';
import type { InteractionRow } from '#lib/interactions/schema';
import type { Adapted } from './adapted.ts';
import { fromLiteLlm } from './litellm.ts';
import { fromPortkey } from './portkey.ts';

const raw = (...values: unknown[]): RawRow[] => values.map((value) => ({ value }));
/** The rows as the contract takes them; fails on one that it would not. */
const taken = ({ items }: Adapted): InteractionRow[] =>
  items.map((item) => {
    const checked = checkRow({ value: item.kind === 'row' ? item.row : null });
    if ('error' in checked) throw new Error(`${JSON.stringify(item)}: ${checked.error.message}`);
    return checked.row;
  });
const whys = ({ items }: Adapted) => items.map((item) => (item.kind === 'refused' ? item.why : item.kind));

const liteLlm = {
  id: 'chatcmpl-7',
  trace_id: 't-1',
  call_type: 'acompletion',
  stream: true,
  response_cost: 0.00002,
  status: 'success',
  startTime: 1793534400.25,
  endTime: 1793534401,
  model: 'gpt-5-mini',
  model_group: 'code-fast',
  metadata: {
    user_api_key_hash: 'h',
    user_api_key_user_id: 'dev-7',
    user_api_key_team_id: 'team-a',
    requester_ip_address: '10.0.0.1',
  },
  end_user: 7,
  messages: [
    { role: 'system', content: 'You write code.' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'A query' },
        { type: 'image_url', image_url: {} },
      ],
    },
  ],
  response: {
    choices: [{ message: { role: 'assistant', content: 'Here:\n```python\nq()\n```', tool_calls: null } }],
  },
  model_parameters: { temperature: 0.2, top_p: 1, n: 2, stream: true },
  guardrail_information: [
    {
      guardrail_name: 'injection-guard',
      guardrail_provider: 'lakera_v2',
      guardrail_mode: 'pre_call',
      guardrail_status: 'guardrail_intervened',
      guardrail_response: {
        messages: ['SECRET TEXT'],
        secret_fields: { raw_headers: { authorization: 'Bearer x' } },
      },
    },
    {
      guardrail_name: 'pii',
      guardrail_provider: 'presidio',
      guardrail_status: 'success',
      masked_entity_count: { CREDIT_CARD: 2, PHONE: 0 },
    },
    { guardrail_name: 'quiet', guardrail_status: 'guardrail_failed_to_respond' },
  ],
};

describe('fromLiteLlm', () => {
  it('makes an interaction of a record, with what its guardrails did', () => {
    const [row] = taken(fromLiteLlm(raw(liteLlm)));
    expect(row).toEqual({
      id: 'chatcmpl-7',
      occurredAt: '2026-11-01T12:00:00.250Z',
      model: { name: 'code-fast', version: 'gpt-5-mini' },
      surface: 'chat',
      language: 'python',
      actor: { id: '7', tenant: 'team-a' },
      prompt: '[system]\nYou write code.\n\n[user]\nA query[image: not shown]',
      completion: 'Here:\n```python\nq()\n```',
      sampling: { temperature: 0.2, topP: 1, candidates: 2 },
      findings: [
        {
          detector: 'LiteLLM injection-guard',
          category: 'prompt_injection',
          severity: 'high',
          message: 'injection-guard stepped in (guardrail_intervened)',
        },
        {
          detector: 'LiteLLM pii',
          rule: 'CREDIT_CARD',
          category: 'data_leak',
          severity: 'low',
          message: 'pii masked 2 × CREDIT_CARD',
        },
      ],
      notShown: [
        { what: 'image', count: 1 },
        { what: 'guardrail without an answer', count: 1 },
      ],
      meta: { adapter: { format: 'litellm', mapping: 'guardrails/3' } },
    });
    expect(JSON.stringify(row)).not.toMatch(/SECRET TEXT|Bearer/);
  });

  it('reads older and newer records: one guardrail as an object, violations by name, text completions, callbacks', () => {
    const old = { ...liteLlm, guardrail_information: { guardrail_name: 'g', guardrail_status: 'failure' } };
    const newer = {
      ...liteLlm,
      guardrail_information: [
        {
          guardrail_name: 'g',
          guardrail_status: 'guardrail_intervened',
          violation_categories: ['jailbreak', 'malware'],
        },
      ],
    };
    const inline = {
      ...liteLlm,
      call_type: 'atext_completion',
      messages: 'def f(',
      response: { choices: [{ text: 'x):' }] },
    };
    const rows = taken(fromLiteLlm(raw(old, newer, { standard_logging_object: inline })));
    expect(rows.map(({ findings }) => findings.map(({ category }) => category))).toEqual([
      ['other'],
      ['jailbreak', 'malware'],
      ['prompt_injection', 'data_leak'],
    ]);
    expect(rows[2]).toMatchObject({
      surface: 'inline',
      prompt: 'def f(',
      completion: 'x):',
      language: 'text',
    });
  });

  it('takes what lacks an id, a time, a model or a person, and names it; the same record is the same row', () => {
    const { id: _, trace_id: __, model: ___, model_group: ____, end_user: _____, ...named } = liteLlm;
    const bare = { ...named, startTime: null, endTime: '' };
    const read = fromLiteLlm(
      raw(bare, bare, { ...liteLlm, startTime: 'noon', endTime: -1, model: 4, model_group: null }),
    );
    expect(read.items).toMatchObject([
      { unknown: ['time', 'model', 'actor', 'id'], row: { actor: { id: 'unknown', tenant: 'team-a' } } },
      {},
      { unknown: ['time'], row: { model: { name: '4' }, occurredAt: '1970-01-01T00:00:00.000Z' } },
    ]);
    const [first, second] = taken(read);
    expect(first?.id).toBe(second?.id);
  });

  it('keeps a verdict where the text is not there, and refuses what has neither', () => {
    const quiet = { ...liteLlm, guardrail_information: null };
    const redacted = [{ role: 'user', content: 'redacted-by-litellm' }];
    const read = fromLiteLlm([
      ...raw({ ...liteLlm, messages: redacted }, { ...liteLlm, messages: null, response: null }),
      ...raw(
        { ...quiet, messages: redacted },
        { ...quiet, messages: null, response: null },
        null,
        [],
        'text',
      ),
      { unreadable: 'not valid JSON' },
    ]);
    expect(whys(read)).toEqual([
      'row',
      'row',
      expect.stringContaining('redacted'),
      expect.stringContaining('neither a prompt nor an answer'),
      expect.stringContaining('not an object'),
      expect.stringContaining('not an object'),
      expect.stringContaining('not an object'),
      'This row is not valid JSON.',
    ]);
    expect(read.items.slice(0, 2)).toMatchObject([
      {
        row: {
          prompt: '[redacted text: not shown]',
          notShown: expect.arrayContaining([{ what: 'redacted text', count: 1 }]),
        },
      },
      { row: { prompt: '[text: not shown]', findings: [{}, {}] } },
    ]);
  });

  it('survives parts of any type and any size', () => {
    const deep = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`);
    const odd = {
      ...liteLlm,
      metadata: 'x',
      model_parameters: [1],
      guardrail_information: Array.from({ length: 5_000 }, () => ({
        guardrail_status: 'blocked',
        guardrail_name: 'n'.repeat(9_000),
      })),
      messages: [{ role: 7, content: deep }, null, 3],
      response: { content: [{ type: 'tool_use', input: deep }] },
    };
    const [row] = taken(fromLiteLlm(raw(odd)));
    expect(row?.findings).toHaveLength(100);
    expect(row?.actor.id).toBe('7');
    expect(row?.notShown).toContainEqual({ what: 'finding', count: 4_900 });
  });
});

const hooks = {
  before_request_hooks: [
    {
      id: 'pg-input-1',
      verdict: false,
      deny: true,
      type: 'guardrail',
      checks: [
        {
          id: 'default.detectPII',
          verdict: false,
          error: null,
          data: { text: 'SECRET TEXT' },
          execution_time: 3,
        },
        { id: 'default.wordCount', verdict: true },
        { id: 'aporia.validateProject', verdict: false, error: { name: 'TimeoutError' } },
      ],
    },
  ],
  after_request_hooks: [
    { id: 'pg-output', verdict: false, checks: [{ id: 'promptfoo.injection', verdict: false }] },
  ],
};
const exported = {
  id: 'log-1',
  trace_id: 'trace-1',
  created_at: '2026-11-01T12:00:00.000Z',
  'request.body': JSON.stringify({
    model: 'gpt-5',
    messages: [{ role: 'user', content: 'hi' }],
    temperature: 0,
  }),
  'response.body': { model: 'gpt-5-2026', choices: [{ message: { content: 'hello' } }], hook_results: hooks },
  ai_org: 'openai',
  ai_model: 'gpt-5',
  is_success: 1,
  metadata: { _user: 'dev-9', tenant: 'acme', plan: 'free' },
};

describe('fromPortkey', () => {
  it('makes an interaction of an exported record, with the checks that said no', () => {
    const [row] = taken(fromPortkey(raw(exported)));
    expect(row).toMatchObject({
      id: 'log-1',
      model: { name: 'gpt-5', version: 'gpt-5-2026' },
      surface: 'chat',
      actor: { id: 'dev-9', tenant: 'acme', tier: 'free' },
      prompt: 'hi',
      completion: 'hello',
      sampling: { temperature: 0 },
      findings: [
        {
          detector: 'Portkey pg-input-1',
          rule: 'default.detectPII',
          category: 'data_leak',
          message: 'default.detectPII failed on the request and denied it',
        },
        {
          detector: 'Portkey pg-output',
          rule: 'promptfoo.injection',
          category: 'prompt_injection',
          severity: 'high',
        },
      ],
      meta: { adapter: { format: 'portkey', mapping: 'guardrails/3' } },
    });
    expect(JSON.stringify(row)).not.toContain('SECRET TEXT');
  });

  it('reads nested records and what the webhook is sent', () => {
    const { 'request.body': request, 'response.body': response, ...frame } = exported;
    const nested = {
      ...frame,
      id: null,
      request: { body: JSON.parse(request) },
      response: { body: response },
    };
    const webhook = {
      trace_id: 'w-1',
      created_at: 1793534400,
      eventType: 'afterRequestHook',
      request: { json: { prompt: 'def f(', model: 'm' }, text: 'def f(', isStreamingRequest: false },
      response: { json: { choices: [{ text: 'x):' }] }, text: 'x):', statusCode: 200 },
      metadata: { user: 'u' },
    };
    expect(taken(fromPortkey(raw(nested, webhook)))).toMatchObject([
      { id: 'trace-1', prompt: 'hi', completion: 'hello', findings: [{}, {}] },
      {
        id: 'w-1',
        surface: 'inline',
        prompt: 'def f(',
        completion: 'x):',
        actor: { id: 'u' },
        occurredAt: '2026-11-01T12:00:00.000Z',
      },
    ]);
  });

  it('takes what it can of every record, and survives parts of any type', () => {
    const read = fromPortkey(
      raw(
        { ...exported, id: null, trace_id: 9 },
        { ...exported, created_at: null },
        { ...exported, 'request.body': 'plain words', 'response.body': 'data: {"a":1}' },
        {
          ...exported,
          'response.body': {
            hook_results: { before_request_hooks: [4, { id: 'h', verdict: 'no', checks: 'x' }] },
          },
        },
        { ...exported, 'request.body': {}, 'response.body': [] },
        7,
      ),
    );
    expect(whys(read)).toEqual([
      'row',
      'row',
      'row',
      'row',
      expect.stringContaining('neither'),
      expect.any(String),
    ]);
    expect(taken({ ...read, items: read.items.slice(0, 4) })).toMatchObject([
      { id: '9' },
      { occurredAt: '1970-01-01T00:00:00.000Z' },
      { prompt: 'plain words', completion: 'data: {"a":1}', model: { name: 'gpt-5' } },
      {
        prompt: 'hi',
        findings: [{ detector: 'Portkey h' }],
        notShown: [{ what: 'guardrail without an answer', count: 1 }],
      },
    ]);
  });
});
