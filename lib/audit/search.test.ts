import { expect, it } from 'vitest';
import { parseSearch } from './search.ts';

it('takes words, phrases and keys', () => {
  expect(
    parseSearch('  published "two words" actor:ana incident:INC-12 action:Incident.Note 100%_ '),
  ).toEqual({
    words: ['published', 'two words', '100%_'],
    actor: 'ana',
    incident: 12,
    action: 'incident.note',
    problems: [],
  });
  expect(parseSearch('actor:"Ana Silva" incident:7')).toMatchObject({
    actor: 'Ana Silva',
    incident: 7,
    words: [],
  });
});

it('reads times as UTC wherever the server stands, and a whole day as included', () => {
  expect(parseSearch('since:2026-11-01 until:2026-11-02')).toMatchObject({
    since: new Date('2026-11-01T00:00:00Z'),
    until: new Date('2026-11-03T00:00:00Z'),
  });
  expect(parseSearch('since:2026-11-01T10:30 until:2026-11-01T14:05:30+02:00')).toMatchObject({
    since: new Date('2026-11-01T10:30:00Z'),
    until: new Date('2026-11-01T12:05:30Z'),
  });
});

it('says what it cannot understand instead of ignoring it', () => {
  for (const text of [
    'since:yesterday',
    'until:2026-02-30',
    'since:2026-13-01',
    'incident:C-8',
    'incident:0',
  ]) {
    expect(parseSearch(text).problems, text).toHaveLength(1);
  }
  expect(parseSearch('').problems).toEqual([]);
});

it('keeps unknown keys, quotes and addresses as words', () => {
  expect(parseSearch('https://x.test a:b "open').words).toEqual(['https://x.test', 'a:b', 'open']);
  expect(parseSearch('""').words).toEqual([]);
});
