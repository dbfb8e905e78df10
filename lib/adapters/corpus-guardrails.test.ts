import { describe, expect, test } from 'vitest';
import type { InteractionRow } from '#lib/interactions/schema';
import type { Adapted } from './adapted.ts';
import { fromLiteLlm } from './litellm.ts';
import { fromPortkey } from './portkey.ts';
import { fromProvider } from './provider.ts';

// What a guardrail or a model's service flags is a finding in whatever form; one that did not answer is counted.

/** Rule or detector and severity of each finding, then how many checks did not answer. */
function outcome({ items }: Adapted): string {
  const [item] = items;
  const row = (item?.kind === 'row' ? item.row : { findings: [] }) as Pick<
    InteractionRow,
    'findings' | 'notShown'
  >;
  const silent = row.notShown?.find(({ what }) => what === 'guardrail without an answer')?.count;
  const found = row.findings.map(({ detector, rule, severity }) => `${rule ?? detector} ${severity}`);
  return [...found, ...(silent ? [`${silent} silent`] : [])].join(', ') || 'nothing';
}

const stepped = { guardrail_name: 'g', guardrail_status: 'guardrail_intervened' };

describe('LiteLLM', () => {
  test.each<[information: unknown, outcome: string]>([
    [null, 'nothing'],
    [[], 'nothing'],
    [[{ guardrail_name: 'g', guardrail_status: 'success' }], 'nothing'],
    [[{ guardrail_name: 'g', guardrail_status: 'SUCCESS' }], 'nothing'],
    [[stepped], 'LiteLLM g medium'],
    [stepped, 'LiteLLM g medium'],
    [JSON.stringify([stepped]), 'LiteLLM g medium'],
    [[[stepped]], 'LiteLLM g medium'],
    [[null, 7, stepped], 'LiteLLM guardrail medium, LiteLLM g medium'],
    ['blocked', 'LiteLLM guardrail medium'],
    [[{ ...stepped, guardrail_status: 'Guardrail_Intervened' }], 'LiteLLM g medium'],
    [[{ ...stepped, guardrail_status: 'blocked' }], 'LiteLLM g medium'],
    [[{ ...stepped, guardrail_status: 'failure' }], 'LiteLLM g medium'],
    [[{ ...stepped, guardrail_status: 'quarantined' }], 'LiteLLM g medium'],
    [[{ ...stepped, guardrail_status: 403 }], 'LiteLLM g medium'],
    [[{ status: 'denied', guardrail_name: ['g'] }], 'LiteLLM g medium'],
    [[{ guardrail_provider: 'lakera_v2', guardrail_status: 'blocked' }], 'LiteLLM lakera_v2 high'],
    [[{ ...stepped, violation_categories: ['jailbreak'] }], 'jailbreak high'],
    [[{ ...stepped, violation_categories: 'malware' }], 'malware critical'],
    [[{ ...stepped, violation_categories: [{ name: 'malware' }, 7, null] }], 'malware critical, 7 medium'],
    [
      [{ guardrail_name: 'g', guardrail_status: 'success', violation_categories: ['malware'] }],
      'malware critical',
    ],
    [[{ guardrail_name: 'g', violation_categories: ['malware'] }], 'malware critical'],
    [
      [{ guardrail_name: 'g', guardrail_status: 'success', masked_entity_count: { CARD: 2, PHONE: 0 } }],
      'CARD low',
    ],
    [[{ guardrail_name: 'g', masked_entity_count: { CARD: '2' } }], 'CARD low'],
    [[{ ...stepped, masked_entity_count: { CARD: 1 } }], 'LiteLLM g medium, CARD low'],
    [[{ guardrail_name: 'g' }], '1 silent'],
    [[{ guardrail_name: 'g', guardrail_status: 'guardrail_failed_to_respond' }], '1 silent'],
    [[{ guardrail_name: 'g', guardrail_status: 'not_run' }, stepped], 'LiteLLM g medium, 1 silent'],
  ])('%j is %s', (guardrail_information, expected) => {
    const record = { id: 'a', startTime: 1793534400, model: 'm', messages: 'p', response: 'c' };
    expect(outcome(fromLiteLlm([{ value: { ...record, guardrail_information } }]))).toBe(expected);
    const older = { ...record, metadata: { standard_logging_guardrail_information: guardrail_information } };
    expect(outcome(fromLiteLlm([{ value: older }]))).toBe(expected);
  });

  test('a request that was blocked says why, and is never the key owner’s', () => {
    const value = {
      id: 'a',
      startTime: '2026-11-01 12:00:00',
      model: 'm',
      messages: 'p',
      response: {},
      error_information: { error_message: 'blocked by g', error_code: '400' },
      metadata: { user_api_key_user_id: 'owner', user_api_key_hash: 'h', user_api_key_end_user_id: 9 },
    };
    expect(fromLiteLlm([{ value }]).items[0]).toMatchObject({
      row: {
        completion: '[error]\nblocked by g',
        actor: { id: '9' },
        occurredAt: '2026-11-01T12:00:00.000Z',
      },
    });
  });
});

describe('Portkey', () => {
  const check = (fields: object) => ({ id: 'h', verdict: false, checks: [{ id: 'c', ...fields }] });
  test.each<[hooks: unknown, outcome: string]>([
    [undefined, 'nothing'],
    [[{ id: 'h', verdict: true, checks: [{ id: 'c', verdict: true }] }], 'nothing'],
    [[check({ verdict: false })], 'c medium'],
    [check({ verdict: false }), 'c medium'],
    [[check({ verdict: 'false' })], 'c medium'],
    [[check({ verdict: 0 })], 'c medium'],
    [[check({ verdict: 'perhaps' })], 'c medium'],
    [[{ ...check({ verdict: false }), verdict: true }], 'c medium'],
    [[{ verdict: false, checks: [{ verdict: false }] }], 'check medium'],
    [[{ id: 7, verdict: false, checks: [{ id: 8, verdict: false }] }], '8 medium'],
    [[null, 'x', check({ verdict: false })], 'c medium, 2 silent'],
    [[{ id: 'h', verdict: false }], 'h medium'],
    [[{ id: 'h', verdict: false, checks: [] }], 'h medium'],
    [[{ id: 'h', deny: true, checks: [{ id: 'c', verdict: true }] }], 'h medium'],
    [[{ id: 'h', verdict: true, checks: [{ id: 'c', verdict: true, transformed: true }] }], 'c low'],
    [[check({ verdict: false, error: { name: 'TimeoutError' } })], '1 silent'],
    [[check({ verdict: null })], '1 silent'],
    [[{ ...check({ verdict: false, error: 'e' }), deny: true }], 'h medium, 1 silent'],
    [[{ id: 'default.detectPII', verdict: false, checks: 'x' }], 'default.detectPII medium'],
  ])('%j is %s', (before_request_hooks, expected) => {
    const record = {
      id: 'a',
      created_at: 1793534400,
      ai_model: 'm',
      request: { prompt: 'p' },
      response: 'c',
    };
    const own = fromPortkey([{ value: { ...record, hook_results: { before_request_hooks } } }]);
    expect(outcome(own)).toBe(expected);
    const inText = { ...record, hook_results: JSON.stringify({ after_request_hooks: before_request_hooks }) };
    expect(outcome(fromPortkey([{ value: inText }]))).toBe(expected);
  });
});

describe('a model service', () => {
  test.each<[response: unknown, outcome: string]>([
    [{ choices: [{ message: { content: 'a' }, finish_reason: 'stop' }] }, 'nothing'],
    [{ choices: [{ message: { content: 'a' }, finish_reason: 'content_filter' }] }, 'content_filter medium'],
    [{ choices: [{ message: { content: 'finish_reason: content_filter' } }] }, 'nothing'],
    [
      {
        choices: [
          {
            message: { content: 'a' },
            content_filter_results: { hate: { filtered: false, severity: 'safe' } },
          },
        ],
      },
      'nothing',
    ],
    [
      {
        choices: [
          {
            message: { content: 'a' },
            content_filter_results: { hate: { filtered: true, severity: 'high' } },
          },
        ],
      },
      'hate high',
    ],
    [
      {
        prompt_filter_results: [
          { content_filter_results: { jailbreak: { detected: true, filtered: false } } },
        ],
        choices: [],
      },
      'jailbreak medium',
    ],
    [
      {
        error: {
          code: 'content_filter',
          innererror: { content_filter_result: { violence: { filtered: true, severity: 'low' } } },
        },
      },
      'content_filter medium, violence low',
    ],
    [{ error: { code: 'rate_limit_exceeded', message: 'slow down' } }, 'nothing'],
    [{ error: { code: 'cyber_policy', message: 'no' } }, 'cyber_policy medium'],
    [
      {
        object: 'response',
        status: 'incomplete',
        incomplete_details: { reason: 'content_filter' },
        output: [],
      },
      'content_filter medium',
    ],
    [{ type: 'message', content: [], stop_reason: 'refusal' }, 'refusal medium'],
    [{ type: 'message', content: [{ type: 'text', text: 'a' }], stop_reason: 'end_turn' }, 'nothing'],
    [{ promptFeedback: { blockReason: 'PROHIBITED_CONTENT' } }, 'PROHIBITED_CONTENT medium'],
    [
      {
        candidates: [
          {
            finishReason: 'SAFETY',
            safetyRatings: [{ category: 'HARM_X', blocked: true }, { category: 'HARM_Y' }],
          },
        ],
      },
      'SAFETY medium, HARM_X medium',
    ],
    [
      { output: { message: { content: [{ text: 'a' }] } }, stopReason: 'guardrail_intervened' },
      'guardrail_intervened medium',
    ],
  ])('%j is %s', (response, expected) => {
    const value = {
      id: 'a',
      time: 1793534400,
      request: { model: 'm', messages: [{ role: 'user', content: 'p' }] },
      response,
    };
    expect(outcome(fromProvider([{ value }]))).toBe(expected);
  });

  test.each<[what: string, value: unknown, row: object]>([
    [
      'a pair',
      { id: 1, user: 7, request: { model: 'm', input: 'p' }, response: { output_text: 'c' } },
      { id: '1', prompt: 'p', completion: 'c', actor: { id: '7' } },
    ],
    [
      'an answer alone',
      { id: 'chatcmpl', created: 1793534400, model: 'm', choices: [{ message: { content: 'c' } }] },
      { id: 'chatcmpl', prompt: '', completion: 'c', occurredAt: '2026-11-01T12:00:00.000Z' },
    ],
    [
      'a request alone',
      { model: 'm', messages: [{ role: 'user', content: 'p' }], safety_identifier: 's' },
      { prompt: 'p', completion: '' },
    ],
    [
      'a line of a batch of OpenAI',
      {
        custom_id: 'x',
        response: { status_code: 200, body: { model: 'm', choices: [{ message: { content: 'c' } }] } },
        error: null,
      },
      { id: 'x', completion: 'c', model: { name: 'm' } },
    ],
    [
      'a line of a batch of Anthropic',
      {
        custom_id: 'x',
        result: { type: 'succeeded', message: { model: 'm', content: [{ type: 'text', text: 'c' }] } },
      },
      { id: 'x', completion: 'c', model: { name: 'm' } },
    ],
    [
      'a line of a batch of Gemini',
      {
        key: 'x',
        request: { contents: [{ parts: [{ text: 'p' }] }] },
        response: { modelVersion: 'm', candidates: [{ content: { parts: [{ text: 'c' }] } }] },
      },
      { id: 'x', prompt: 'p', completion: 'c', model: { name: 'm' } },
    ],
    [
      'Anthropic’s own field',
      {
        request: {
          model: 'm',
          system: 's',
          messages: [{ role: 'user', content: 'p' }],
          metadata: { user_id: 'u' },
        },
        response: { content: 'c' },
      },
      { prompt: '[system]\ns\n\n[user]\np', actor: { id: 'u' } },
    ],
    [
      'tools and settings',
      { request: { model: 'm', input: 'p', tools: [{ name: 't' }], temperature: 99, n: 0 }, response: 'c' },
      { notShown: [{ what: 'tool definition', count: 1 }] },
    ],
  ])('%s', (_what, value, row) => {
    expect(fromProvider([{ value }]).items[0]).toMatchObject({ kind: 'row', row });
  });
});
