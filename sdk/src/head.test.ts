import { describe, expect, test } from 'vitest';
import { claimedHead, type Head, headPayload, headText, isLaterHead, openHead } from './head.ts';
import { openEnvelope, parsePublicKey } from './snapshot.ts';
import { headOf, makeSigner, seal, sealHead } from './testing/feed.ts';
import { makeSnapshot } from './testing/rules.ts';

const MINUTE = 60_000;

describe('a head', () => {
  const signer = makeSigner();
  const keys = [parsePublicKey(signer.publicKey)];
  const head: Head = { seq: 83, sha256: 'a'.repeat(64), at: new Date('2026-01-31T12:00:00.000Z') };
  const text = sealHead(head, signer);

  /** The next of the base64 alphabet: of the last one only the first two bits count. */
  const after = (letter: string) => {
    const all = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    return all[all.indexOf(letter) + 1];
  };

  test('reads back as it was signed', () => {
    expect(openHead(text, keys)).toEqual(head);
    expect(claimedHead(text)).toEqual(head);
    expect(text).toMatch(/^[\x20-\x7e]{1,250}$/);
  });

  test.each([
    ['another number', text.replace('83-', '84-')],
    ['another content', text.replace('aa', 'ab')],
    ['another time', text.replace('12:00', '12:01')],
    ['a time that is none', text.replace('01-31', '13-31')],
    ['a number that no ruleset can have', text.replace('83-', '9999999999-')],
    ['a line more', `${text}\n`],
    ['a blank before it', ` ${text}`],
    ['a word more', `${text} ${text.split(' ')[2]}`],
    ['no signature', text.split(' ').slice(0, 2).join(' ')],
    ['a short signature', text.slice(0, -10)],
    ['another spelling of the signature', text.replace(/(.)==$/, (_, last) => `${after(last)}==`)],
    ['a day that is none', text.replace('01-31', '02-30')],
    ['a very long one', `${text}${'='.repeat(1_000_000)}`],
  ])('with %s is none', (_, changed) => {
    expect(openHead(changed, keys)).toBeNull();
  });

  const minutesFrom = (minutes: number): Head => ({
    ...head,
    at: new Date(head.at.getTime() + minutes * MINUTE),
  });
  test.each([
    ['a later one', 0, -1, true],
    ['an older one', -2, -1, false],
    ['the same', -1, -1, false],
    ['a later one of a clock that is a little ahead', 4, -1, true],
    ['one from the future, while there is one of now', 180, -1, false],
    ['one of now, after one from the future', -1, 180, true],
    ['an old one, after one from the future', -600, 180, true],
    ['the later, where all are from the future: the clock here is behind', 181, 180, true],
    ['the older, where all are', 180, 181, false],
  ])('%s: whether it takes the place of the one before', (_, at, before, takes) => {
    expect(isLaterHead(minutesFrom(at), minutesFrom(before), head.at.getTime())).toBe(takes);
    expect(isLaterHead(minutesFrom(at), null, head.at.getTime())).toBe(true);
  });

  test("'s signature cannot stand for a ruleset's, nor the other way round", () => {
    const signature = text.split(' ')[2] ?? '';
    const asRuleset = JSON.stringify({ payload: headPayload(head), signature, keyId: signer.keyId });
    expect(() => openEnvelope(asRuleset, keys)).toThrow(/not JSON/);
    const envelope = seal(makeSnapshot(83, []), signer);
    const of = headOf(envelope);
    expect(
      openHead(headText(of, (JSON.parse(envelope) as { signature: string }).signature), keys),
    ).toBeNull();
  });
});
