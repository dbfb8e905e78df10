import { expect, it } from 'vitest';
import { db } from '#lib/db';
import { declareIncident } from '#lib/incidents/mutations';
import { person } from '../../tests/fixtures.ts';
import { draftMitigation } from './mutations.ts';
import { listMitigations } from './queries.ts';

it('finds rules by words of the title, by their own name and by their incident’s, and by stage only the live', async () => {
  const ana = await person('commander');
  const incident = await declareIncident(ana, { title: 'I', severity: 'sev2' });
  const draft = (title: string, action: 'block' | 'flag') =>
    draftMitigation(ana, {
      incident: incident.ref,
      title,
      scope: {},
      matcher: { kind: 'literal', text: 'eval(', ignoreCase: false },
      target: 'completion',
      action,
      mode: 'enforce',
      expiresInMinutes: 60,
      tests: { mustMatch: [{ text: 'eval(x)' }], mustNotMatch: [] },
    });
  const first = await draft('Stops EVAL of 100% input', 'block');
  const second = await draft('Other', 'flag');
  await db.mitigation.update({ where: { id: second.id }, data: { stage: 'canary', state: 'live' } });
  await db.mitigation.update({ where: { id: first.id }, data: { stage: 'canary' } });
  const refs = async (filters: Parameters<typeof listMitigations>[1]) =>
    (await listMitigations(ana, filters)).items.map(({ ref }) => ref);

  expect(await refs({ q: 'eval of 100%' })).toEqual([first.ref]);
  expect(await refs({ q: first.ref.toLowerCase() })).toEqual([first.ref]);
  expect(await refs({ q: incident.ref })).toEqual([second.ref, first.ref]);
  expect(await refs({ stage: 'canary' })).toEqual([second.ref]);
  expect(await refs({ action: 'block', q: incident.ref })).toEqual([first.ref]);
  expect(await refs({ state: 'draft', stage: 'canary' })).toEqual([]);
});
