import { expect, it } from 'vitest';
import { lookAlikeKey, oddCharacters } from './look-alike.ts';

it.each([
  ['gpt-4o', 'GPT-4O'],
  ['gpt-4o', 'gpt_4o'],
  ['gpt-4o', 'gpt 4o'],
  ['gpt-4o', ' gpt-4o '],
  ['gpt-4o', 'gpt4o'],
  ['gpt-4o', 'openai/gpt-4o'],
  ['gpt-4o', 'OpenAI/GPT-4o'],
  ['gpt-4o', 'openrouter/openai/gpt-4o'],
  ['gpt-4o', 'openai:gpt-4o'],
  ['gpt-4o', 'gpt\u20114o'],
  ['gpt-4o', 'gpt-4o\u200b'],
  ['gpt-4o', 'ｇｐｔ-4o'],
  ['codex-sim', 'cоdex-sim'],
  ['claude-sonnet-4', 'us.anthropic.claude-sonnet-4'],
  ['claude-sonnet-4', 'anthropic.claude-sonnet-4'],
  ['gemini-pro', 'publishers/google/models/gemini-pro'],
  ['llama3', 'llama3:latest'],
  ['llama-3.1', 'llama-3-1'],
  ['codex_sim', 'Codex Sim'],
])('%j is likely meant as %j', (one, other) => {
  expect(lookAlikeKey('models', one)).toBe(lookAlikeKey('models', other));
});

it.each([
  ['versions', '2026.9', '2026-9'],
  ['versions', '2026.9', '2026_9 '],
  ['versions', '2026.9', 'v2026.9'],
  ['tenants', 'tenant-1', 'Tenant 1'],
  ['tenants', 'acme', 'ACME\u00a0'],
  ['languages', 'python', 'Python'],
  ['languages', 'objective-c', 'Objective C'],
] as const)('of %s %j is likely meant as %j', (field, one, other) => {
  expect(lookAlikeKey(field, one)).toBe(lookAlikeKey(field, other));
});

it.each([
  ['tenants', 'acme/eu', 'globex/eu'],
  ['tenants', 'acme', 'eu/acme'],
  ['tenants', 'acme', 'acme:latest'],
  ['tenants', 'v1', '1'],
  ['versions', 'openai/2026.9', '2026.9'],
  ['languages', 'c', 'c++'],
  ['languages', 'c#', 'c'],
] as const)('of %s %j is another name than %j', (field, one, other) => {
  expect(lookAlikeKey(field, one)).not.toBe(lookAlikeKey(field, other));
});

it.each([
  ['gpt-4o', 'gpt-4'],
  ['gpt-4o', 'gpt-4o-mini'],
  ['gpt-4.1', 'gpt-41'],
  ['sim-2026.9', 'sim-2026.10'],
  ['sim-1.1.2', 'sim-1.12'],
  ['sim-1-2', 'sim-12'],
  ['llama3', 'llama3:8b'],
  ['-', '_'],
  ['google', 'google/'],
])('%j is another name than %j', (one, other) => {
  expect(lookAlikeKey('models', one)).not.toBe(lookAlikeKey('models', other));
});

it('takes linear time on hostile names', () => {
  for (const piece of ['-', '1-', '/', 'us.', ' ', ':latest', '1 . ']) {
    expect(lookAlikeKey('models', piece.repeat(100_000)).length).toBeLessThan(800_000);
  }
});

it.each([
  ['codex-sim', null],
  ['Codex Sim 2', null],
  ['codex-sim\u200b', null],
  ['モデル', null],
  ['\u0441odex-sim', 'U+0441 for c'],
  ['c\u043edex\u2011sim', 'U+043E for o, U+2011 for -'],
  ['\u043e\u043e', 'U+043E for o'],
  ['\uff47pt', 'U+FF47 for g'],
])('%j is told from what it looks like by %j', (name, words) => {
  expect(oddCharacters(name)).toBe(words);
});
