import { beforeAll, describe, expect, it } from 'vitest';
import type { UserActor } from '#lib/actor';
import { db } from '#lib/db';
import { declareIncident, noteIncident } from '#lib/incidents/mutations';
import { createKey } from '#lib/keys/mutations';
import { person } from '../../tests/fixtures.ts';
import { once } from './once.ts';
import { forgetKeys } from './sweep.ts';

let ana: UserActor;
let bo: UserActor;

beforeAll(async () => {
  ana = await person('commander', 'Ana');
  bo = await person('commander', 'Bo');
});

const input = { title: 'sent twice', severity: 'sev3' as const, interactionIds: [] };
const declare = (key: string, sent = input, actor = ana) =>
  once(actor, key, { operation: 'POST /incidents', input: sent }, () => declareIncident(actor, sent));
const declared = (title: string) => db.incident.count({ where: { title } });

describe('a request with an Idempotency-Key', () => {
  it('is carried out once and answered alike, with one event', async () => {
    const first = await declare('a');
    expect(await declare('a')).toEqual(first);
    expect(await declared(input.title)).toBe(1);
    expect(await db.event.count({ where: { subjectId: first.id } })).toBe(1);
    const { id } = await declare('b');
    expect(id).not.toBe(first.id);
  });

  it('is carried out once when ten arrive at once', async () => {
    const sent = { ...input, title: 'ten at once' };
    const answers = await Promise.all(Array.from({ length: 10 }, () => declare('ten', sent)));
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect(await declared(sent.title)).toBe(1);
  });

  it('is refused with another body or for another operation, and changes nothing', async () => {
    await declare('c');
    const other = declare('c', { ...input, title: 'another' });
    await expect(other).rejects.toMatchObject({ code: 'unprocessable' });
    const elsewhere = once(ana, 'c', { operation: 'POST /notes', input }, () =>
      noteIncident(ana, { incident: 'INC-1', text: 'x' }),
    );
    await expect(elsewhere).rejects.toThrow('POST /incidents');
    expect(await declared('another')).toBe(0);
  });

  it('belongs to who sent it', async () => {
    const mine = await declare('d');
    expect((await declare('d', input, bo)).id).not.toBe(mine.id);
  });

  it('keeps nothing of a refused request, so that it may be tried again', async () => {
    const sent = { ...input, title: 'refused first', commanderId: crypto.randomUUID() };
    const refused = once(ana, 'e', { operation: 'POST /incidents', input: sent }, () =>
      declareIncident(ana, sent),
    );
    await expect(refused).rejects.toMatchObject({ code: 'invalid' });
    expect(await db.idempotencyKey.count({ where: { key: 'e' } })).toBe(0);
    await declare('e', { ...input, title: 'refused first' });
  });

  it('may be used for something new after a day', async () => {
    const old = await declare('f');
    await db.idempotencyKey.updateMany({
      where: { key: 'f' },
      data: { createdAt: new Date(Date.now() - 25 * 3_600_000) },
    });
    expect((await declare('f', { ...input, title: 'next day' })).id).not.toBe(old.id);
    await db.idempotencyKey.updateMany({
      where: { key: 'f' },
      data: { createdAt: new Date(Date.now() - 25 * 3_600_000) },
    });
    expect(await forgetKeys()).toBe(1);
  });

  it('never keeps a secret that is shown once, and does not make a second', async () => {
    const admin = await person('admin');
    const wanted = { name: 'once', source: 'once', scopes: ['ingest' as const] };
    const make = () =>
      once(admin, 'g', { operation: 'createKey', input: wanted, secret: true }, () =>
        createKey(admin, wanted),
      );
    const { key } = await make();
    await expect(make()).rejects.toThrow('shown once');
    expect(await db.apiKey.count({ where: { name: 'once' } })).toBe(1);
    const rows = await db.idempotencyKey.findMany();
    expect(JSON.stringify(rows)).not.toContain(key);
  });

  it('needs a key of visible characters', async () => {
    for (const key of ['', ' ', 'a b', 'é', 'x'.repeat(256), '\u0000']) {
      await expect(declare(key), JSON.stringify(key)).rejects.toMatchObject({ code: 'invalid' });
    }
  });

  it('brings dates back as dates', async () => {
    const at = new Date();
    const act = () => db.$transaction(async () => ({ at, list: [{ at }], none: null }));
    const asked = { operation: 'dates', input: null };
    expect(await once(ana, 'h', asked, act)).toEqual(await once(ana, 'h', asked, act));
  });
});
