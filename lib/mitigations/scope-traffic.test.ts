import { expect, it } from 'vitest';
import { db } from '#lib/db';
import { AppError } from '#lib/errors';
import { newId } from '#lib/ids';
import type { RuleScope } from '#sdk/rule';
import { machine, person } from '../../tests/fixtures.ts';
import { type NamedTraffic, trafficIn } from './scope-names.ts';
import { scopeTraffic } from './scope-traffic.ts';

const row = (change: Partial<NamedTraffic>): NamedTraffic => ({
  model: 'codex-sim',
  version: '2026.9',
  tenant: 'acme',
  tier: 'business',
  language: 'python',
  surface: 'inline',
  count: 1,
  controls: 0,
  ...change,
});

function fieldOf(rows: NamedTraffic[], scope: RuleScope, field: string) {
  return trafficIn(rows, scope).fields.find((each) => each.field === field);
}

it('tells names that the scope holds, names that look like one of it, and names that nothing came with', () => {
  const rows = [
    row({ count: 5 }),
    row({ model: 'OpenAI/codex_sim', count: 2 }),
    row({ model: 'codex-sim ', count: 1 }),
    row({ model: 'other', count: 40 }),
  ];
  const scope = { models: ['codex-sim', 'codex-gone'], languages: ['Python'] };
  expect(trafficIn(rows, scope)).toMatchObject({ inScope: 5, total: 48 });
  expect(fieldOf(rows, scope, 'models')).toEqual({
    field: 'models',
    names: [
      { value: 'OpenAI/codex_sim', count: 2, held: false, like: 'codex-sim' },
      { value: 'codex-sim ', count: 1, held: false, like: 'codex-sim' },
      { value: 'other', count: 40, held: false, like: null },
      { value: 'codex-sim', count: 5, held: true, like: null },
    ],
    more: 0,
    unseen: ['codex-gone'],
  });
  expect(fieldOf(rows, scope, 'languages')?.names).toEqual([
    { value: 'python', count: 48, held: true, like: null },
  ]);
});

it('reads NAME@VERSION as the instances do, and takes features and labels as given', () => {
  const rows = [row({ model: 'codex-sim@2026.9', version: '', count: 3 }), row({ model: 'x@1' })];
  const scope = {
    models: ['codex-sim'],
    versions: ['2026.9'],
    features: ['agent'],
    labels: { region: 'eu' },
  };
  expect(trafficIn(rows, scope).inScope).toBe(3);
  expect(fieldOf(rows, scope, 'models')?.names[0]).toMatchObject({ value: 'codex-sim@2026.9', held: true });
  expect(fieldOf(rows, scope, 'models')?.unseen).toEqual([]);
});

it('shows fifty names, and says how many more there are; one that looks like the scope’s comes first', () => {
  const rows = Array.from({ length: 60 }, (_, index) => row({ tenant: `tenant-${index}`, count: 9 }));
  const seen = fieldOf([...rows, row({ tenant: 'ACME' })], { tenants: ['acme'] }, 'tenants');
  expect(seen?.names).toHaveLength(50);
  expect(seen?.names[0]).toMatchObject({ value: 'ACME', like: 'acme' });
  expect(seen?.more).toBe(11);
});

async function stored(change: {
  modelName?: string;
  tenant?: string | null;
  language?: string;
  receivedAt?: Date;
}) {
  const id = newId();
  await db.interaction.create({
    data: {
      id,
      source: 'names',
      externalId: id,
      digest: Buffer.from(id),
      occurredAt: new Date(),
      modelName: 'codex-sim',
      modelVersion: '2026.9',
      surface: 'inline',
      language: 'python',
      actorId: 'someone',
      tenant: 'acme',
      prompt: 'p',
      completion: 'c',
      ...change,
    },
  });
}

it('reads the interactions of the last day, also those without a tenant', async () => {
  const ana = await person('reviewer');
  await stored({ language: 'Go' });
  await stored({ modelName: 'Codex-Sim', tenant: null });
  await stored({ modelName: 'long-gone', receivedAt: new Date(Date.now() - 25 * 3_600_000) });
  const traffic = await scopeTraffic(ana, { models: ['codex-sim'], languages: ['GO', 'python'] });
  expect(traffic).toMatchObject({ inScope: 1, total: 2 });
  const [languages, models, , tenants] = traffic.fields;
  expect(languages?.names.map(({ value }) => value)).toEqual(['go', 'python']);
  expect(models?.names).toEqual([
    { value: 'Codex-Sim', count: 1, held: false, like: 'codex-sim' },
    { value: 'codex-sim', count: 1, held: true, like: null },
  ]);
  expect(tenants?.names).toEqual([{ value: 'acme', count: 1, held: true, like: null }]);
});

it('is for whoever may read rules', async () => {
  const key = await machine(['ingest']);
  await expect(scopeTraffic(key, {})).rejects.toThrow(AppError);
});
