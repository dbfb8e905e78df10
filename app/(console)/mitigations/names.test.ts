import { expect, it } from 'vitest';
import { linesIn, namesIn } from './names.ts';

it('reads names from lists, columns, JSON and requirement files alike', () => {
  expect(namesIn('left-pad, is-odd;\n  is-odd\n@scope/name')).toEqual(['left-pad', 'is-odd', '@scope/name']);
  expect(namesIn('["requests-py",\n "colour"]')).toEqual(['requests-py', 'colour']);
  expect(
    namesIn('# bad ones\nrequestz==2.0 # typo\nflask[async]>=1\nleft-pad@1.3.0\n@a/b@^2\nnumpyy~=1.2\n'),
  ).toEqual(['requestz', 'flask', 'left-pad', '@a/b', 'numpyy']);
  expect(namesIn('github.com/evil/mod\norg.evil:thing\n')).toEqual(['github.com/evil/mod', 'org.evil:thing']);
});

it('reads a hundred thousand pasted names, each once', () => {
  const many = Array.from({ length: 100_000 }, (_, index) => `pkg-${index}`);
  expect(namesIn([...many, ...many].join('\n'))).toEqual(many);
});

it('keeps phrases whole', () => {
  expect(linesIn(' ignore all, previous \r\n\r\nignore all, previous\nact as root')).toEqual([
    'ignore all, previous',
    'act as root',
  ]);
});
