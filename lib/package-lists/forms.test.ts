import { describe, expect, it } from 'vitest';
import { said } from '#tests/said-packages';
import { readPackageList } from './read.ts';

const refused = (text: string) =>
  readPackageList(text).notUnderstood.map(({ line, why }) => `${line}: ${why}`);

describe('one entry of a plain list', () => {
  it.each([
    ['quill-coder', 'quill-coder'],
    ['@acme/quill', '@acme/quill'],
    ['quill-coder@1.2.3', 'quill-coder 1.2.3'],
    ['@acme/quill@1.2.3-rc.1', '@acme/quill 1.2.3-rc.1'],
    ['@acme/quill:1.2.3', '@acme/quill 1.2.3'],
    ['quill-coder:1.2.3', 'quill-coder 1.2.3'],
    ['quill-coder: 1.2.3', 'quill-coder 1.2.3'],
    ['version:1.2.3', 'version 1.2.3'],
    ['quill-coder==1.2.3', 'quill-coder 1.2.3'],
    ['quill-coder===1.2.3', 'quill-coder 1.2.3'],
    ['quill-coder>=1.2,<1.4', 'quill-coder >=1.2 <1.4'],
    ['quill-coder ~= 1.4', 'quill-coder ~=1.4'],
    ['quill-coder[async]==1.2', 'quill-coder 1.2'],
    ['quill-coder 1.2.3', 'quill-coder 1.2.3'],
    ['quill-coder v1.2.3', 'quill-coder v1.2.3'],
    ['quill-coder\t1.2.3', 'quill-coder 1.2.3'],
    ['quill-coder (1.2.3)', 'quill-coder 1.2.3'],
    ['quill-coder (1.2.3, 1.2.4)', 'quill-coder 1.2.3 | 1.2.4'],
    ['quill-coder - 1.2.3 and 1.2.4', 'quill-coder 1.2.3 | 1.2.4'],
    ['quill-coder — versions 1.2.3, 1.2.4', 'quill-coder 1.2.3 | 1.2.4'],
    ['quill-coder = 1.2.3 || = 1.2.4', 'quill-coder 1.2.3 | 1.2.4'],
    ['quill-coder 1.2.3 - 1.2.9', 'quill-coder >=1.2.3 <=1.2.9'],
    ['quill-coder [1.0,2.0)', 'quill-coder >=1.0 <2.0'],
    ['quill-coder *', 'quill-coder'],
    ['quill-coder (all versions)', 'quill-coder'],
    ['npm:quill-coder', 'npm:quill-coder'],
    ['npm:quill-coder:1.2.3', 'npm:quill-coder 1.2.3'],
    ['npm:@acme/quill@1.2.3', 'npm:@acme/quill 1.2.3'],
    ['PyPI: quill-coder==1.2', 'pypi:quill-coder 1.2'],
    ['pypi/quill-coder', 'pypi:quill-coder'],
    ['crates.io:quill_x:0.3.0', 'cargo:quill_x 0.3.0'],
    ['rubygems:quill:0.3.0', 'gem:quill 0.3.0'],
    ['composer:acme/quill:2.0.1', 'composer:acme/quill 2.0.1'],
    ['go:github.com/acme/quill:v1.0.0', 'golang:github.com/acme/quill v1.0.0'],
    ['github.com/acme/quill v1.0.0', 'github.com/acme/quill v1.0.0'],
    ['github.com/acme/quill@v1.0.0', 'github.com/acme/quill v1.0.0'],
    ['org.acme:quill', 'maven:org.acme:quill'],
    ['org.acme:quill:1.2.3', 'maven:org.acme:quill 1.2.3'],
    ['org.acme:quill:jar:1.2.3:compile', 'maven:org.acme:quill 1.2.3'],
    ['maven:org.acme:quill:1.2.3', 'maven:org.acme:quill 1.2.3'],
    ['pkg:npm/%40acme/quill@1.2.3', 'npm:@acme/quill 1.2.3'],
    ['pkg:npm/@acme/quill', 'npm:@acme/quill'],
    ['pkg:pypi/quill-coder@1.2.3?extension=whl#sub', 'pypi:quill-coder 1.2.3'],
    ['pkg:maven/org.acme/quill@1.2.3', 'maven:org.acme:quill 1.2.3'],
    ['pkg:golang/github.com/acme/quill@v1.0.0', 'golang:github.com/acme/quill v1.0.0'],
    ['pkg:gem/quill@1.0', 'gem:quill 1.0'],
    ['- quill-coder', 'quill-coder'],
    ['* `quill-coder@1.2.3`', 'quill-coder 1.2.3'],
    ['- [ ] **quill-coder**', 'quill-coder'],
    ['1. quill-coder 1.2.3', 'quill-coder 1.2.3'],
    ['- `quill-coder` (1.2.3, 1.2.4)', 'quill-coder 1.2.3 | 1.2.4'],
    ['- `quill-coder` – colours for terminals', 'quill-coder'],
    ['- [quill-coder](https://www.npmjs.com/package/quill-coder) 1.2.3', 'quill-coder 1.2.3'],
    ['├── quill-coder@1.2.3', 'quill-coder 1.2.3'],
    ['│ └─┬ @acme/quill@1.2.3', '@acme/quill 1.2.3'],
    ['"quill-coder",', 'quill-coder'],
    ["'quill-coder@1.2.3';", 'quill-coder 1.2.3'],
    ['quill-coder # a typo', 'quill-coder'],
    ['quill-coder // a typo', 'quill-coder'],
    ['\u200bquill-coder\u00a0', 'quill-coder'],
    ['quill-coder,1.2.3', 'quill-coder 1.2.3'],
    ['npm,quill-coder,1.2.3', 'npm:quill-coder 1.2.3'],
    ['quill-coder;PyPI;1.2.3', 'pypi:quill-coder 1.2.3'],
    ['quill-coder-1.2.3.tgz', 'quill-coder 1.2.3'],
    ['quill_coder-1.2.3-py3-none-any.whl', 'pypi:quill_coder 1.2.3'],
    ['https://www.npmjs.com/package/@acme/quill/v/1.2.3', 'npm:@acme/quill 1.2.3'],
    ['https://registry.npmjs.org/@acme%2fquill', 'npm:@acme/quill'],
    ['https://registry.npmjs.org/@acme/quill/-/quill-1.2.3.tgz', 'npm:@acme/quill 1.2.3'],
    ['hxxps://registry[.]npmjs[.]org/quill-coder', 'npm:quill-coder'],
    ['hxxp[:]//pypi[.]org/project/quill-coder/1.2.3/', 'pypi:quill-coder 1.2.3'],
    ['pypi[.]org/project/quill-coder', 'pypi:quill-coder'],
    ['https://files.pythonhosted.org/packages/aa/bb/cc/quill_coder-1.2.3.tar.gz', 'pypi:quill_coder 1.2.3'],
    ['https://crates.io/crates/quill-coder/0.3.0', 'cargo:quill-coder 0.3.0'],
    ['https://rubygems.org/gems/quill/versions/0.3.0', 'gem:quill 0.3.0'],
    ['https://www.nuget.org/packages/Acme.Quill/1.0.0', 'nuget:Acme.Quill 1.0.0'],
    ['https://packagist.org/packages/acme/quill', 'composer:acme/quill'],
    ['https://pkg.go.dev/github.com/acme/quill@v1.0.0', 'golang:github.com/acme/quill v1.0.0'],
    ['https://mvnrepository.com/artifact/org.acme/quill/1.2.3', 'maven:org.acme:quill 1.2.3'],
    ['https://repo1.maven.org/maven2/org/acme/quill/1.2.3/quill-1.2.3.jar', 'maven:org.acme:quill 1.2.3'],
    ['https://unpkg.com/quill-coder@1.2.3/dist/x.js', 'npm:quill-coder 1.2.3'],
  ])('%s', (line, expected) => {
    expect(said(line)).toEqual([expected]);
    expect(refused(line)).toEqual([]);
  });

  it.each([
    ['5.6.1', /a version without a name/],
    ['v5.6.1', /a version without a name/],
    ['-', null],
    ['.', /no name/],
    ['hxxps://evil[.]example/x', /a link/],
    ['https://evil.example/left-pad', /a link/],
    ['evil[.]example[.]net', /a host/],
    ['198.51.100[.]7', /an address/],
    ['198.51.100.7:8080', /an address/],
    ['d41d8cd98f00b204e9800998ecf8427e', /a hash/],
    [`sha256:${'ab'.repeat(32)}`, /a hash/],
    ['someone@evil.example', /an e-mail/],
    ['CVE-2026-12345', /id of an advisory/],
    ['GHSA-abcd-efgh-ijkl', /id of an advisory/],
    ['2026-09-25', /a date/],
    ['/usr/lib/quill', /a path/],
    ['./quill', /a path/],
    ['Affected packages:', /a heading/],
    ['The following packages were published by the actor.', /several words/],
    ['These packages, among others, were taken down', /several words/],
    ['Steals tokens, then leaves', /several words/],
    ['left-pad is-odd', /several words/],
    ['quill-coder@latest', /no version/],
    ['qu\u0456ll', /which no registry allows/],
    ['<script>', /a piece of HTML or XML, not a package/],
    ['</script>', /a piece of HTML or XML, not a package/],
    ['<b>quill</b>', /a piece of HTML or XML, not a package/],
    ['<img src=x onerror=alert(1)>', /a piece of HTML or XML, not a package/],
    ['<!-- quill -->', /a piece of HTML or XML, not a package/],
    ['quill<br>', /a piece of HTML or XML/],
    ['quill-', /"quill-" is no name of a package/],
    ['quill..coder', /is no name of a package/],
    ['12345', /it has no letter/],
    ['q'.repeat(301), /longer than 300 characters/],
    ['pkg:deb/debian/curl@7', /not among those that rules know/],
    ['pkg:npm', /is none/],
    ['  version: 1.2.3', /a field of a record/],
    ['- severity: 9.8', /a field of a record/],
    ['schema_version: 1.7.4', /a field of a record/],
    ['- `quill-coder` – bad from 1.2.3 on', /in a sentence/],
  ])('%s is not guessed at', (line, why) => {
    expect(said(line)).toEqual([]);
    if (why) expect(refused(line)).toEqual([expect.stringMatching(why)]);
    else expect(refused(line)).toEqual([]);
  });
});

describe('several in a line', () => {
  it.each([
    ['left-pad, is-odd; @a/b', ['left-pad', 'is-odd', '@a/b']],
    ['left-pad@1.0.0 is-odd@2.0.0', ['left-pad 1.0.0', 'is-odd 2.0.0']],
    ['`left-pad`, `is-odd`', ['left-pad', 'is-odd']],
    ['[\'left-pad\', "is-odd@1.0.0",]', ['left-pad', 'is-odd 1.0.0']],
    ['[\n  "left-pad", // once\n  "is-odd",\n]', ['left-pad', 'is-odd']],
  ])('%s', (line, expected) => {
    expect(said(line)).toEqual(expected);
    expect(refused(line)).toEqual([]);
  });
});

describe('tables', () => {
  it.each([
    ['name,version\nleft-pad,1.3.0\n', ['left-pad 1.3.0']],
    ['id;Package Name;why\n1;left-pad;typo\n', ['left-pad']],
    ['Artifact,Ecosystem,Affected Versions\nleft-pad,npm,"1.0.0, 1.1.0"\n', ['npm:left-pad 1.0.0 | 1.1.0']],
    ['\ufeff"Package";"Version"\r\n"left-pad";"1.0.0"\r\n', ['left-pad 1.0.0']],
    ['sep=;\nPackage;Version\nleft-pad;1.0.0\n', ['left-pad 1.0.0']],
    ['# taken from the report\nPackage,Version\nleft-pad,1.0.0\n', ['left-pad 1.0.0']],
    ['#,Package,Version\n1,left-pad,1.0.0\n', ['left-pad 1.0.0']],
    ["'Package','Version'\n'left-pad','1.0.0, 1.1.0'\n", ['left-pad 1.0.0 | 1.1.0']],
    ['Package\tVersion\nleft-pad\t1.0.0\n', ['left-pad 1.0.0']],
    ['why,package\n"two\nlines",left-pad\nx,is-odd\n', ['left-pad', 'is-odd']],
    ['why,package\n"says \\"go\\", goes",left-pad\n', ['left-pad']],
    ['groupId,artifactId,version\norg.acme,quill,1.0\n', ['maven:org.acme:quill 1.0']],
    ['purl,name\npkg:npm/left-pad@1.0.0,x\n', ['npm:left-pad 1.0.0']],
    ['type,indicator\nnpm,left-pad@1.0.0\ndomain,evil.example\n', ['npm:left-pad 1.0.0']],
    ['package,versions\nleft-pad,>= 1.0.0 < 1.2.0\nis-odd,all\n', ['left-pad >=1.0.0 <1.2.0', 'is-odd']],
    [
      '| Package | Version |\n|---|:-:|\n| `left-pad` | 1.0.0 |\n| [is-odd](https://x.example) | 2.0.0, 2.0.1 |\n',
      ['left-pad 1.0.0', 'is-odd 2.0.0 | 2.0.1'],
    ],
    ['# Report\n\nName | Registry\n--- | ---\nleft-pad | npm\n\n', ['npm:left-pad']],
    [
      '+----------+-------+\n| Package  | Ver   |\n+----------+-------+\n| left-pad | 1.0.0 |\n+----------+-------+\n',
      ['left-pad'],
    ],
    ['Package    Version\n---------- -------\nleft-pad   1.0.0\n', ['left-pad 1.0.0']],
    ['package\nleft-pad\n', ['left-pad']],
  ])('%j', (text, expected) => {
    expect(said(text)).toEqual(expected);
  });

  it('takes the column of names for the packages, and says which line it does not read', () => {
    expect(refused('package,version\nleft-pad,soon\n,1.0\nok,1\n')).toEqual([
      '2: “soon” is no list of versions',
      '3: nothing in the column package',
    ]);
    expect(said('Actor,Email,Package\nsomeone,a@b.example,left-pad\n')).toEqual(['left-pad']);
    expect(refused('why,package\nx,left-pad\n"never closed,is-odd\n')).toEqual([
      expect.stringMatching(/^3: .*never closed/),
    ]);
    expect(refused('| Why | When |\n|---|---|\n| typo | today |\n')).toEqual([
      expect.stringMatching(/^1: a table of 1 rows/),
    ]);
  });
});
