import { request } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { ACTIONS, type RuleScope, TARGETS } from '#sdk/rule';
import { makeRule } from '#sdk/testing/rules';
import { type TestSidecar, testSidecar } from './testing/sidecar.ts';

let desk: TestSidecar;
afterEach(() => desk?.close());

const PATH = '/ofrep/v1/evaluate/flags';

const switchOff = (scope: RuleScope) =>
  makeRule({
    action: 'disable',
    target: 'both',
    matcher: { kind: 'any' },
    scope,
    tests: { mustMatch: [], mustNotMatch: [] },
  });

/** A path exactly as it is given: `fetch` would tidy it first. */
function raw(path: string): Promise<{ status: number; value?: boolean }> {
  const { hostname, port } = new URL(desk.url);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, method: 'POST' }, async (response) => {
      let body = '';
      for await (const chunk of response) body += chunk;
      resolve({ status: response.statusCode ?? 0, value: JSON.parse(body).value });
    });
    sent.on('error', reject).end('{}');
  });
}

/** Every way to spell a path for one name: as it is, encoded once, and with nothing but its slashes or signs encoded. */
const spellings = (name: string) => [
  `model:${encodeURIComponent(name)}`,
  encodeURIComponent(`model:${name}`),
  `model:${encodeURI(name).replace(/[?#]/g, encodeURIComponent)}`,
  `model:${encodeURI(name).replaceAll('/', '%2f').replace(/[?#]/g, encodeURIComponent)}`,
  `model:${encodeURIComponent(name).replaceAll('%40', '@')}`,
];

const NAMES = [
  'coder-9@20251101',
  'hosted/@lab/meta/llama-3-8b',
  '@lab/meta/llama-3-8b',
  'ft:coder-4o@acme:x',
  'a/b@c/d',
  'a@b@c',
  'a@',
  '@',
  'acme-labs/coder-7',
  'acme//coder',
  'acme/../coder',
  './coder',
  'acme/coder/',
  'acme\\coder',
  'coder 7 (preview)',
  'coder?tier=1#2',
  '100%-coder',
  'kodér/モデル@二',
  'projects/p1/locations/eu/models/coder@default',
  'arn:aws:bedrock:eu-west-1:1:inference-profile/eu.lab.coder-v1:0',
];

describe.each(NAMES)('a switch for the model %j', (name) => {
  test('is off for its key however the path spells it, in bulk, for its context, and in a decision', async () => {
    desk = await testSidecar([switchOff({ models: [name] })]);
    for (const key of spellings(name))
      expect([key, await raw(`${PATH}/${key}`)]).toEqual([key, { status: 200, value: false }]);
    const bulk = await desk.post(PATH, { context: {} });
    const flags = bulk.body.flags as { key: string; value: boolean }[];
    expect(flags.find(({ key }) => key === `model:${name}`)?.value).toBe(false);
    for (const version of [undefined, '', '7']) {
      const context = { model: name, version };
      expect((await desk.post(`${PATH}/serving`, { context })).body.value).toBe(false);
      expect(
        (await desk.post(`${PATH}/${encodeURIComponent(`model:${name}`)}`, { context })).body.value,
      ).toBe(false);
      expect((await desk.post('/v1/decide', { ...context, prompt: 'hi' })).body.verdict).toBe('block');
    }
    // Its neighbours stay on.
    for (const other of [`x${name}`, `${name}x`, name.slice(0, -1)].filter((each) => each !== '')) {
      expect((await raw(`${PATH}/model:${encodeURIComponent(other)}`)).value).toBe(true);
      expect((await desk.post('/v1/decide', { model: other, prompt: 'hi' })).body.verdict).toBe('allow');
    }
  });
});

test.each([
  ['coder-9', '20251101'],
  ['hosted/@lab/coder', '7.1'],
  ['a@b', 'c'],
  ['a', 'b@c'],
  ['acme/coder', 'rel/7'],
])(
  'a switch for one version of a model (%j, %j) is off for both written as one name, in flags and decisions',
  async (model, version) => {
    desk = await testSidecar([switchOff({ models: [model], versions: [version] })]);
    const name = `${model}@${version}`;
    for (const key of spellings(name))
      expect([key, (await raw(`${PATH}/${key}`)).value]).toEqual([key, false]);
    for (const context of [{ model: name }, { model, version }]) {
      expect((await desk.post(`${PATH}/serving`, { context })).body.value).toBe(false);
      expect((await desk.post('/v1/decide', { ...context, prompt: 'hi' })).body.verdict).toBe('block');
      const { flags } = (await desk.post(PATH, { context })).body;
      expect(flags).toContainEqual(expect.objectContaining({ key: `model:${name}`, value: false }));
    }
    for (const context of [{ model }, { model: `${model}@0` }, { model, version: '0' }]) {
      expect((await desk.post(`${PATH}/serving`, { context })).body.value).toBe(true);
      expect((await desk.post('/v1/decide', { ...context, prompt: 'hi' })).body.verdict).toBe('allow');
    }
  },
);

describe('a flag says what a decision would do to every text', () => {
  const open = { onError: 'open', onStale: 'open' } as const;
  const THROWS = 'int(tenant) > 0';
  test.each(
    ACTIONS.filter((action) => action !== 'redact' && action !== 'drop').flatMap((action) =>
      TARGETS.flatMap((target) =>
        [open, { ...open, onError: 'closed' as const }].flatMap((fail) =>
          [null, THROWS, 'tenant == "other"'].map((when) => [action, target, when, fail] as const),
        ),
      ),
    ),
  )('any, %s of %s, when %j, %j', async (action, target, when, fail) => {
    const rule = makeRule({
      action,
      target,
      when,
      fail,
      matcher: { kind: 'any' },
      scope: { models: ['coder'] },
      parameters: { text: 'Not now.', sampling: { temperature: { set: 0 } } },
      tests: { mustMatch: [], mustNotMatch: [] },
    });
    desk = await testSidecar([rule]);
    for (const model of ['coder', 'other']) {
      const context = { model, tenant: 'acme' };
      const asked = { ...context, prompt: 'hello', completion: 'print(1)' };
      const { verdict } = (await desk.post('/v1/decide', asked)).body;
      const on = verdict !== 'block' && verdict !== 'replace';
      const { body } = await desk.post(`${PATH}/model:${model}`, { context });
      expect([model, body.value, body.metadata.rule]).toEqual([model, on, on ? undefined : rule.ref]);
      const flags = (await desk.post(PATH, { context })).body.flags as { key: string; value: boolean }[];
      expect(flags.find(({ key }) => key === `model:${model}`)?.value).toBe(on);
      expect(flags.find(({ key }) => key === 'serving')?.value).toBe(on);
    }
  });
});

test('a name of nothing but at signs costs no more than its length', async () => {
  desk = await testSidecar([switchOff({ models: ['a@b'] })]);
  expect((await raw(`${PATH}/model:${'@'.repeat(12_000)}`)).value).toBe(true);
  const decision = desk.sidecar.guard.decide({ model: '@'.repeat(2_000_000), prompt: 'hi' });
  expect(decision.verdict).toBe('allow');
});
