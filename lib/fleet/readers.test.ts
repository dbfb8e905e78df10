import { beforeEach, describe, expect, test } from 'vitest';
import { db } from '#lib/db';
import { publishMitigation } from '#lib/mitigations/mutations';
import { getMitigation } from '#lib/mitigations/queries';
import type { RuleMatcher } from '#sdk/rule';
import { SDK_VERSION } from '#sdk/version';
import { ruleDesk } from '../../tests/rules.ts';
import { whoCannotRead } from './readers.ts';
import { isAtLeast } from './unread.ts';

const { ana, approved } = await ruleDesk();

beforeEach(() => db.instance.deleteMany());

let made = 0;
async function running(sdkVersion: string, count: number, more: object = {}): Promise<void> {
  await db.instance.createMany({
    data: Array.from({ length: count }, () => {
      made += 1;
      const about = { labels: {}, state: 'active', activeSeq: 1, lastSeenAt: new Date() };
      return { id: `chat-${made}`, sdkVersion, ...about, ...more };
    }),
  });
}

test.each([
  ['0.2.0', '0.2.0', true],
  ['0.10.0', '0.2.0', true],
  ['1.0.0', '0.2.0', true],
  ['0.2.1-beta.1', '0.2.0', true],
  ['0.1.9', '0.2.0', false],
  ['0.1.0', '0.2.0', false],
  ['', '0.2.0', false],
  ['dev', '0.2.0', false],
])('%s is at least %s: %s', (version, least, is) => {
  expect(isAtLeast(version, least)).toBe(is);
});

const plain: RuleMatcher = { kind: 'imports', packages: ['left-pad'] };
const FORMS: [string, RuleMatcher, boolean][] = [
  ['a text', { kind: 'literal', text: 'evil(', ignoreCase: false }, true],
  ['names alone', plain, true],
  ['a registry', { ...plain, packages: ['a', { name: 'b', ecosystem: 'npm' }] }, false],
  ['versions', { ...plain, packages: [{ name: 'b', versions: '<2' }] }, false],
  ['mentioned', { ...plain, find: 'mentioned' }, false],
  ['imported, said', { ...plain, find: 'imported' }, false],
  ['without a version', { ...plain, unversioned: 'pass' }, false],
];

describe('which instances read a rule', () => {
  test.each(FORMS)('%s', async (_, matcher, everybody) => {
    await running('0.1.0', 2);
    await running('0.0.9', 1);
    await running('', 1);
    await running(SDK_VERSION, 3);
    await running('1.4.0', 1, { kind: 'opa' });
    await running('0.1.0', 1, { kind: 'relay' });
    await running('0.1.0', 1, { retiredAt: new Date() });
    await running('0.1.0', 1, { closedAt: new Date() });
    const unread = await whoCannotRead(db, { matcher });
    if (everybody) expect(unread).toBeNull();
    else {
      expect(unread).toMatchObject({
        instances: 4,
        versions: [
          { version: '0.1.0', instances: 2 },
          { version: '', instances: 1 },
          { version: '0.0.9', instances: 1 },
        ],
      });
    }
    await db.instance.deleteMany({ where: { sdkVersion: { not: SDK_VERSION } } });
    expect(await whoCannotRead(db, { matcher })).toBeNull();
  });
});

test('a publish that instances would refuse whole is refused once, with who they are, and goes out when that is meant', async () => {
  await running('0.1.0', 2);
  await running(SDK_VERSION, 1);
  const rule = await approved({
    matcher: { kind: 'imports', packages: ['left-pad'], find: 'mentioned' },
    scope: {},
    tests: { mustMatch: [{ text: 'left-pad' }], mustNotMatch: [] },
  });
  expect((await getMitigation(ana, rule.ref)).unread).toMatchObject({ instances: 2, since: '0.2.0' });
  const before = await db.ruleset.count();
  await expect(publishMitigation(ana, { mitigation: rule.ref })).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringMatching(/2 instances \(2 with 0\.1\.0\) would refuse the whole ruleset/),
    fields: { acceptUnread: expect.any(String) },
  });
  expect(await db.ruleset.count()).toBe(before);
  expect(await publishMitigation(ana, { mitigation: rule.ref, acceptUnread: true })).toMatchObject({
    ref: rule.ref,
  });
});
