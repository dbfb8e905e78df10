import { expect, test } from 'vitest';
import { createDimensions } from './dimensions.ts';
import { makeRule } from './testing/rules.ts';

function counting() {
  let time = 0;
  const dimensions = createDimensions(() => time);
  return {
    ...dimensions,
    pass: (ms: number) => {
      time += ms;
    },
  };
}

test('decisions without a name are counted for each field by which live rules are scoped, and for no other', () => {
  const { load, decided, unnamed } = counting();
  decided({ prompt: 'x' });
  expect(unnamed()).toEqual([]);
  load([
    makeRule(),
    makeRule({ scope: { tenants: ['acme'], models: [] } }),
    makeRule({ scope: { versions: ['7'], languages: ['Go'] } }),
  ]);
  decided({ prompt: 'x' });
  decided({ prompt: 'x', tenant: '', version: null, language: 'go' });
  decided({ prompt: 'x', tenant: 'other', model: 'coder@7', language: 'rust' });
  decided({ prompt: 'x', tenant: 'acme', version: '7', language: 'GO' });
  expect(unnamed()).toEqual([
    { field: 'version', decisions: 4, without: 2 },
    { field: 'tenant', decisions: 4, without: 2 },
    { field: 'language', decisions: 4, without: 1 },
  ]);
});

test('five minutes count; other rules begin anew, the same ones go on', () => {
  const { load, decided, unnamed, pass } = counting();
  const rule = makeRule({ scope: { tenants: ['acme'] } });
  load([rule]);
  decided({});
  pass(200_000);
  load([rule, makeRule()]);
  decided({ tenant: 'acme' });
  expect(unnamed()).toEqual([{ field: 'tenant', decisions: 2, without: 1 }]);
  pass(150_000);
  expect(unnamed()).toEqual([]);
  decided({});
  expect(unnamed()).toEqual([{ field: 'tenant', decisions: 2, without: 1 }]);
  load([makeRule({ scope: { models: ['m'] } })]);
  expect(unnamed()).toEqual([]);
});
