import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { UserActor } from '#lib/actor';
import { db } from '#lib/db';
import { declareIncident, noteIncident } from '#lib/incidents/mutations';
import { createKey } from '#lib/keys/mutations';
import { revealSecrets } from '#lib/secrets/mutations';
import { changePassword, confirmIdentity, createUser } from '#lib/users/mutations';
import { flagged, person } from '../../tests/fixtures.ts';
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
const kept = async () => JSON.stringify(await db.idempotencyKey.findMany());
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

  it('is carried out once also where its route has a copy of this module that the database does not know', async () => {
    vi.resetModules();
    const copy: typeof import('./once.ts') = await import('./once.ts');
    expect(copy.once).not.toBe(once);
    const sent = { ...input, title: 'through a copy' };
    const asked = { operation: 'POST /incidents', input: sent };
    for (let time = 0; time < 2; time += 1)
      await copy.once(ana, 'copy', asked, () => declareIncident(ana, sent));
    expect(await declared(sent.title)).toBe(1);
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

  it('keeps no secret that a verb makes, whatever door it came through, and does not make a second', async () => {
    const admin = await person('admin');
    const wanted = { name: 'once', source: 'once', scopes: ['ingest' as const] };
    const somebody = { email: 'once@example.test', name: 'Once', role: 'reviewer' as const };
    const makers: [string, () => Promise<string>][] = [
      ['key', async () => (await createKey(admin, wanted)).key],
      ['user', async () => (await createUser(admin, somebody)).password],
    ];
    for (const [name, make] of makers) {
      const asked = { operation: name, input: null };
      const secret = await once(admin, `made-${name}`, asked, make);
      await expect(once(admin, `made-${name}`, asked, make)).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringContaining('shown once'),
      });
      expect(await kept()).not.toContain(secret);
    }
    expect(await db.apiKey.count({ where: { name: 'once' } })).toBe(1);
  });

  it('keeps nothing of what shows a secret or is sent a password', async () => {
    const completion = `token = "ghp_${'aB3dE5gH7jK9mN1pQ3sT5vX7zA2cD4eF6gH8'}"`;
    const interactionId = await flagged({ completion });
    const reveal = () =>
      once(ana, 'reveal', { operation: 'reveal', input: null }, () =>
        revealSecrets(ana, { interactionId, reason: 'to rotate it' }),
      );
    for (const texts of [await reveal(), await reveal()]) expect(texts.completion).toBe(completion);
    expect(await db.event.count({ where: { action: 'interaction.reveal', subjectId: interactionId } })).toBe(
      2,
    );
    const admin = await person('admin');
    const somebody = { email: 'pw@example.test', name: 'Pw', role: 'reviewer' as const };
    const { id, password } = await createUser(admin, somebody);
    const owner: UserActor = { kind: 'user', id, name: 'Pw', role: 'reviewer', session: 'pw-session' };
    await once(owner, 'confirm', { operation: 'confirm', input: { password } }, () =>
      confirmIdentity(owner, { password }),
    );
    const change = { current: password, next: 'correct horse battery staple' };
    await once(owner, 'change', { operation: 'change', input: change }, () => changePassword(owner, change));
    expect(await db.idempotencyKey.count({ where: { key: { in: ['reveal', 'confirm', 'change'] } } })).toBe(
      0,
    );
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
