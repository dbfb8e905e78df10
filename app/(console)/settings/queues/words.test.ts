import { expect, it } from 'vitest';
import { routingConditionsSchema } from '#lib/queues/schema';
import { archiveWords, CONDITIONS, conditionWords } from './words.ts';

it('says conditions as a person would: any inside a part, all parts at once', () => {
  expect(conditionWords({ category: ['malicious_package', 'malware'], language: ['Python'] })).toBe(
    'malicious package or malware, in Python',
  );
  expect(conditionWords({ severity: ['critical'], category: ['secret', 'exploit', 'data_leak'] })).toBe(
    'critical, secret, exploit or data leak',
  );
  expect(conditionWords({})).toBe('everything that comes to it');
});

it('keeps names from outside as they are spelled', () => {
  expect(conditionWords({ detector: ['py_import_guard'], tenant: ['big_corp', 'acme'] })).toBe(
    'for the tenant big_corp or acme, found by py_import_guard',
  );
});

it('has words for every condition there is', () => {
  expect([...CONDITIONS].sort()).toEqual(Object.keys(routingConditionsSchema.shape).sort());
});

it('says what archiving does to what is pending', () => {
  expect(archiveWords(0, false, 0)).toMatch(/^Nothing is pending in it\./);
  expect(archiveWords(1, false, 0)).toMatch(/^The 1 item pending in it moves within seconds/);
  expect(archiveWords(1_200, false, 4)).toMatch(/^The 1,204 items pending/);
  expect(archiveWords(10_000, true, 0)).toMatch(/^The 10,000 or more items/);
});
