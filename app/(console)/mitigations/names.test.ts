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

it('reads what package managers write', () => {
  const manifest = {
    name: 'own',
    dependencies: { lodash: '^1', '@a/b': '2' },
    devDependencies: { 'left-pad': '*' },
  };
  expect(namesIn(JSON.stringify(manifest, null, 2))).toEqual(['lodash', '@a/b', 'left-pad']);
  const lock = { packages: { '': {}, 'node_modules/x': {}, 'node_modules/x/node_modules/@y/z': {} } };
  expect(namesIn(JSON.stringify(lock))).toEqual(['x', '@y/z']);
  expect(namesIn('{"evil": "1.0", "worse": "2"}')).toEqual(['evil', 'worse']);
  expect(namesIn('[{"name":"evil","version":"1"},"worse"]')).toEqual(['evil', 'worse']);
  expect(namesIn('flask==1 ; python_version<"3"\nrequestz>=2; extra == "x"\n')).toEqual([
    'flask',
    'requestz',
  ]);
});

it('reads the column of names of a table', () => {
  expect(namesIn('name,version\nevil,1\n"worse",2\n')).toEqual(['evil', 'worse']);
  expect(namesIn('id;Package Name;why\n1;evil;typo\n')).toEqual(['evil']);
  expect(namesIn('name\nevil')).toEqual(['name', 'evil']);
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
