import { describe, expect, it } from 'vitest';
import { textMatcher } from '../match.ts';
import type { PackageListItem } from '../rule.ts';
import type { Ecosystem } from './ecosystems.ts';
import { entryProblem, nameProblem } from './names.ts';
import { reachOf } from './reach.ts';

const hits = (item: PackageListItem, text: string, language?: string) =>
  textMatcher({ kind: 'imports', packages: [item] })(text, language).length > 0;

/** listed, language, text, whether it hits */
const SPELLINGS: [PackageListItem, string | undefined, string, boolean][] = [
  // PEP 503, on both sides.
  ['acme-db-tools', 'shell', 'pip install acme.db.tools==1.4', true],
  ['acme-db-tools', 'shell', 'pip install Acme_.DB--Tools', true],
  ['acme-db-tools', 'python', 'import acme.db.tools', true],
  ['acme-db-tools', 'python', 'import acme_db_tools.core', true],
  ['acme.db.tools', 'python', 'import acme_db_tools', true],
  ['Acme.DB-Tools', 'shell', 'pip install acme_db_tools', true],
  ['Acme--DB__Tools', 'shell', 'pip install acme-db-tools', true],
  ['acme-db-tools', 'shell', 'pip install acme-dbtools', false],
  ['acme-db-tools', 'python', 'import acme_db', false],
  [{ name: 'acme-db-tools', ecosystem: 'conda' }, 'shell', 'pip install acme.db.tools', true],
  [{ name: 'acme-db-tools', ecosystem: 'npm' }, 'shell', 'pip install acme-db-tools', false],
  // crates.io
  ['acme-loader', 'rust', 'use acme_loader::Client;', true],
  ['acme_loader', 'shell', 'cargo add acme-loader', true],
  ['Acme-Loader', 'shell', 'cargo add acme_loader', true],
  // NuGet
  ['Newtonsoft.Json', 'csharp', 'using newtonsoft.json;', true],
  ['newtonsoft.json', 'csharp', 'using Newtonsoft.Json.Linq;', true],
  ['newtonsoft.json', 'shell', 'dotnet add package NewtonSoft.JSON', true],
  ['Newtonsoft-Json', 'shell', 'dotnet add package Newtonsoft.Json', false],
  // Composer
  ['Acme/Loader', 'shell', 'composer require acme/loader', true],
  ['acme/loader', 'shell', 'composer require Acme/Loader:^1', true],
  ['acme/loader', 'php', 'use Acme\\Loader\\Client;', true],
  ['acme-corp/http-client', 'php', 'use AcmeCorp\\HttpClient\\Client;', true],
  ['Acme\\Loader', 'php', 'use Acme\\Loader\\Client;', true],
  ['acme/loader', 'php', 'use Acme\\Other;', false],
  // RubyGems
  ['acme-loader', 'ruby', 'require "acme_loader"', true],
  ['acme-loader', 'ruby', 'require "acme/loader"', true],
  ['acme_loader', 'ruby', 'require "acme_loader"', true],
  ['acme', 'ruby', 'require "acme/loader"', true],
  ['acme-loader', 'shell', 'gem install acme_loader', false],
  // npm
  ['Left-Pad', 'javascript', "import x from 'left-pad'", true],
  ['left-pad', 'javascript', "import x from 'left_pad'", false],
  ['@acme/loader', 'shell', 'npm i @Acme/Loader', true],
  // Go, exact
  ['github.com/acme/loader', 'go', 'import "github.com/acme/loader/v2"', true],
  ['github.com/Acme/loader', 'go', 'import "github.com/acme/loader"', false],
  // Maven
  ['org.acme:loader', 'java', 'import org.acme.loader.Client;', true],
  ['org.acme:acme-loader', 'java', 'import org.acme.loader.Client;', true],
  ['org.acme.loader', 'java', 'import org.acme.loader.Client;', true],
  ['com.google.guava:guava', 'java', 'import com.google.common.base.Strings;', true],
  ['org.acme:loader', 'java', 'import org.acme.other.Client;', false],
  // What is installed by one name and imported by another.
  ['PyYAML', 'python', 'import yaml', true],
  ['pyyaml', 'python', 'from yaml import safe_load', true],
  [{ name: 'PyYAML', ecosystem: 'pypi' }, 'python', 'import yaml', true],
  [{ name: 'PyYAML', ecosystem: 'npm' }, 'python', 'import yaml', false],
  ['opencv-python', 'python', 'import cv2', true],
  ['scikit_learn', 'python', 'from sklearn.svm import SVC', true],
  ['Pillow', 'python', 'from PIL import Image', true],
  ['beautifulsoup4', 'python', 'from bs4 import BeautifulSoup', true],
  ['python-dateutil', 'python', 'from dateutil.parser import parse', true],
  ['protobuf', 'python', 'from google.protobuf import message', true],
  ['protobuf', 'python', 'import google.cloud', false],
  ['PyYAML', 'shell', 'pip install yaml', false],
  ['PyYAML', 'javascript', "import x from 'yaml'", false],
  ['yaml', 'shell', 'pip install pyyaml', false],
];

describe('one package, several names', () => {
  it.each(SPELLINGS)('%j in %s: %j is %s', (item, language, text, expected) => {
    expect(hits(item, text, language)).toBe(expected);
  });
});

describe('names that nothing can have', () => {
  it.each<[string, RegExp]>([
    ['acme-chalkish:5.6.1', /version apart/],
    ['left-pad@1.3.0', /version apart/],
    ['@s/p@^1', /version apart/],
    ['acme==1.2', /version apart/],
    ['acme>=1', /version apart/],
    ['acme 1.2.3', /version apart/],
    ['npm:acme-debugish', /as its ecosystem/],
    ['npm:acme-debugish:4.4.2', /as its ecosystem/],
    ['pypi:acme', /as its ecosystem/],
    ['pkg:npm/left-pad', /package URL/],
    ['pkg:npm/left-pad@1.3.0', /package URL/],
    ['https://x/y', /address/],
    ['git+ssh://x/y', /address/],
    ['./acme', /path/],
    ['../acme', /path/],
    ['/usr/lib', /path/],
    ['.', /letter/],
    ['-', /letter/],
    ['|', /letter/],
    ['1.2.3', /letter/],
    ['5.6.1', /letter/],
    ['---', /letter/],
    ['', /letter/],
    ['a b', /no name/],
    ['acme"', /no name/],
    ['lodash": "1', /no name/],
    ['acme,', /no name/],
    ['acme-', /no name/],
    ['acme.', /no name/],
    ['acme/', /no name/],
    ['-acme', /no name/],
    ['@acme', /no name/],
    ['a..b', /no name/],
    ['a//b', /no name/],
    ['a:b:c', /no name/],
    ['acme[all]', /no name/],
    ['acme;python_version', /no name/],
    ['<acme>', /a piece of HTML or XML$/],
    ['<script>', /a piece of HTML or XML$/],
    ['<script src=x>alert(1)</script>', /a piece of HTML or XML$/],
    ['</b>', /a piece of HTML or XML$/],
    ['<b>acme</b>', /a piece of HTML or XML$/],
    ['<!-- acme -->', /a piece of HTML or XML$/],
    ['<?xml version="1.0"?>', /a piece of HTML or XML$/],
    ['acme="b"', /a package$/],
    ['a<b', /a package$/],
    ['acme <1.2', /version apart/],
    ['acme==*', /version apart/],
    ['acme <= v1', /version apart/],
    ['acme^1', /version apart/],
    ['acme =', /version apart/],
    ['a'.repeat(301), /longer than 300 characters/],
    ['äcme', /holds “ä”/],
    ['acme\u200b', /which no registry allows/],
    ['\u0430cme', /holds “\u0430”/],
  ])('%j', (name, reason) => {
    expect(nameProblem(name)).toMatch(reason);
    expect(nameProblem(name)).toMatch(/is no name of a package/);
  });

  it.each<[string, Ecosystem]>([
    ['acme/loader', 'pypi'],
    ['loader', 'composer'],
    ['acme.loader', 'cargo'],
    ['a:b', 'npm'],
  ])('%j in %s', (name, ecosystem) => {
    expect(nameProblem(name)).toBeNull();
    expect(nameProblem(name, ecosystem)).toMatch(/is no name of a package of/);
  });

  it.each([
    ...[
      'left-pad',
      '@acme/loader',
      '@s/p/deep',
      'PyYAML',
      'zope.interface',
      'a',
      '7zip',
      '_private',
      'os.path',
    ],
    ...['org.acme:loader', 'org.acme.loader', 'junit:junit', 'Acme\\Loader', 'acme/loader', 'serde::de'],
    ...[
      'github.com/acme/loader',
      'gopkg.in/yaml.v3',
      'net/http',
      'node:fs',
      'jsr:@std/path',
      'Newtonsoft.Json',
    ],
    ...['acme_loader', '~acme', 'c++', 'x2', 'socket.io', 'log4j-1.2-api'],
  ])('%j may be one', (name) => {
    expect(nameProblem(name)).toBeNull();
  });
});

describe('what a name will match, in words', () => {
  it.each<[string, Ecosystem | undefined, string | undefined, RegExp]>([
    ['PyYAML', undefined, 'python', /`import yaml`/],
    ['PyYAML', 'pypi', undefined, /`pip install PyYAML`/],
    ['opencv-python', undefined, undefined, /`import cv2`/],
    ['yaml', undefined, 'python', /An install of PyYAML, .* list that too/],
    ['org.acme:loader', undefined, 'java', /`import org\.acme\.loader`/],
    ['org.acme.loader', 'maven', 'java', /not found in manifests.*org\.acme:/i],
    ['acme-loader', 'gem', undefined, /`require "acme\/loader"`/],
    ['acme-loader', 'gem', undefined, /acme_loader.*another gem/i],
    ['acme/loader', 'composer', 'php', /`use Acme\\Loader`/],
    ['acme-loader', 'cargo', 'rust', /`use acme_loader`/],
    ['acme-loader', undefined, 'python', /`import acme_loader`/],
    ['github.com/acme/loader', undefined, 'go', /`import "github\.com\/acme\/loader"`/],
    ['acme-chalkish:5.6.1', undefined, undefined, /nothing/i],
  ])('%s (%s, %s)', (name, ecosystem, language, words) => {
    const { finds, misses } = reachOf(name, ecosystem, language);
    expect([...finds, ...misses].join(' ')).toMatch(words);
  });
});

it.each<[PackageListItem, RegExp | null]>([
  ['left-pad', null],
  [{ name: 'left-pad', versions: '1.3.0 || ^2' }, null],
  [{ name: 'left-pad', versions: 'latest' }, /no range of versions/],
  [{ name: 'left-pad', versions: '>=' }, /no range of versions/],
  [{ name: 'left-pad@1', versions: '1' }, /version apart/],
])('an entry %j', (item, problem) => {
  if (problem === null) expect(entryProblem(item)).toBeNull();
  else expect(entryProblem(item)).toMatch(problem);
});
