import { expect, test } from 'vitest';
import { readQuery, writeQuery } from '#lib/search/query';
import { textMatcher } from '#sdk/engine';
import { draftFrom } from './query-draft.ts';

test.each([
  ['package:left-pad text', { kind: 'imports', packages: ['left-pad'] }, {}, 'text'],
  [
    '"ignore all rules" short model:m model:n',
    { kind: 'phrases', phrases: ['ignore all rules'] },
    { models: ['m', 'n'] },
    'short',
  ],
  [
    're:/eval\\(/ words language:Go -tenant:a',
    { kind: 're2', pattern: 'eval\\(', ignoreCase: false },
    { languages: ['go'] },
    'words -tenant:a',
  ],
  [
    'host:evil.example tenant:"a b" tier:t surface:chat version:1',
    { kind: 'phrases', phrases: ['evil.example'] },
    { tenants: ['a b'], tiers: ['t'], surfaces: ['chat'], versions: ['1'] },
    '',
  ],
  ['-words outcome:accepted after:7d', null, {}, '-words outcome:accepted after:7d'],
])('%s', (line, matcher, scope, left) => {
  const draft = draftFrom(readQuery(line).terms);
  expect({ ...draft, left: writeQuery(draft.left) }).toEqual({ matcher, scope, left });
});

test('a call is one by its whole name', () => {
  const { matcher } = draftFrom(readQuery('call:os.system').terms);
  const hits = matcher && textMatcher(matcher);
  expect(
    ['os.system("x")', 'os.system ("x")', 'pos.system("x")', 'osXsystem("x")', 'os.system'].map(
      (text) => hits?.(text).length,
    ),
  ).toEqual([1, 1, 0, 0, 0]);
});
