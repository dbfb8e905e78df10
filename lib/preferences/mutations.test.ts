import { describe, expect, it } from 'vitest';
import { db } from '#lib/db';
import { newId } from '#lib/ids';
import { machine, person } from '../../tests/fixtures.ts';
import { changePreference } from './mutations.ts';
import { getPreference } from './queries.ts';
import { changePreferenceSchema } from './schema.ts';

const NOTHING = { keymap: {}, views: [], optOuts: [], breakAfter: null };

describe('changePreference', () => {
  it('changes the given fields, and tells which but not to what', async () => {
    const ana = await person('reviewer');
    expect(await getPreference(ana)).toEqual(NOTHING);
    await changePreference(ana, { optOuts: ['malware', 'malware'], keymap: { 'review.harmful': 'm' } });
    expect(await changePreference(ana, { breakAfter: 20 })).toEqual({
      keymap: { 'review.harmful': 'm' },
      views: [],
      optOuts: ['malware'],
      breakAfter: 20,
    });
    const events = await db.event.findMany({ where: { actorId: ana.id }, orderBy: { id: 'asc' } });
    expect(events.map(({ body }) => JSON.parse(body).data)).toEqual([
      { fields: ['optOuts', 'keymap'] },
      { fields: ['breakAfter'] },
    ]);
    expect(events.map(({ body }) => body).join()).not.toContain('malware');
    await changePreference(ana, { breakAfter: 20 });
    expect(await db.event.count({ where: { actorId: ana.id } })).toBe(2);
    expect(await getPreference(await person('reviewer'))).toEqual(NOTHING);
  });

  it('loses nothing when two tabs change different fields at once', async () => {
    const ana = await person('reviewer');
    const view = { name: 'SQL in Go', path: '/queue', query: 'language=go' };
    await Promise.all([
      changePreference(ana, { views: [view] }),
      changePreference(ana, { breakAfter: 30 }),
      changePreference(ana, { keymap: { 'review.benign': 'm' } }),
    ]);
    expect(await getPreference(ana)).toEqual({
      keymap: { 'review.benign': 'm' },
      views: [view],
      optOuts: [],
      breakAfter: 30,
    });
  });

  it('is for people, and for those that are there', async () => {
    await expect(changePreference(await machine(['ingest']), { breakAfter: 9 })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await expect(
      changePreference({ kind: 'user', id: newId(), name: 'Gone', role: 'reviewer' }, { breakAfter: 9 }),
    ).rejects.toMatchObject({ code: 'not_found' });
  });

  it('takes only pages of Stopgap as saved filters, each name once', () => {
    const parsed = (path: string) =>
      changePreferenceSchema.safeParse({ views: [{ name: 'x', path, query: '' }] }).success;
    expect(parsed('/queue')).toBe(true);
    expect(parsed('//elsewhere.test')).toBe(false);
    expect(parsed('/\\elsewhere.test')).toBe(false);
    expect(parsed('https://elsewhere.test')).toBe(false);
    const view = { name: 'x', path: '/queue', query: 'a=1' };
    expect(changePreferenceSchema.safeParse({ views: [view, { ...view, query: '' }] }).success).toBe(false);
  });
});
