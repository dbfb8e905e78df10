import { expect, test } from 'vitest';
import { readPackages } from './read.ts';

/** Text, and the package with the version that is read beside it. */
test.each<[string, string, string | null]>([
  ['pip install acme==1.2', 'acme', '==1.2'],
  ['pip install "acme[x]>=1,<2"', 'acme', '>=1,<2'],
  ['npm i @s/acme@^1.2', '@s/acme', '^1.2'],
  ['npm i acme', 'acme', null],
  ['go get x.org/acme@v1.2.0', 'x.org/acme', 'v1.2.0'],
  ['cargo install acme --version 1.2.0', 'acme', '1.2.0'],
  ['gem install acme -v 1.2', 'acme', '1.2'],
  ['composer require acme/x:^1.0', 'acme/x', '^1.0'],
  ['dotnet add package Acme --version 1.2.0', 'Acme', '1.2.0'],
  ['Install-Package -Version 1.2 Acme', 'Acme', '1.2'],
  ['import x from "npm:acme@1.2.3"', 'acme', '1.2.3'],
  ['{"dependencies": {"acme": "~1.2"}}', 'acme', '~1.2'],
  ['{"node_modules/acme": {\n "version": "5.6.0"}}', 'acme', '5.6.0'],
  ['{"default": {"acme": {"hashes": [], "version": "==1.2"}}}', 'acme', '==1.2'],
  ['{"net8.0": {"Acme": {"type": "Direct", "resolved": "1.2.0"}}}', 'Acme', '1.2.0'],
  ['[[package]]\nname = "acme"\nversion = "1.2.0"\n', 'acme', '1.2.0'],
  ['[dependencies]\nacme = { version = "1.2" }\n', 'acme', '1.2'],
  ['acme@^1.0.0:\n  version "1.2.3"\n', 'acme', '1.2.3'],
  ['  acme:\n    specifier: ^1\n    version: 1.2.3\n', 'acme', '^1'],
  ['packages:\n  acme:\n    dependency: "direct main"\n    version: "1.2.0"\n', 'acme', '1.2.0'],
  ['    acme (1.2.3)\n', 'acme', '1.2.3'],
  ['<PackageReference Include="Acme" Version="1.2" />', 'Acme', '1.2'],
  [
    '<dependency><groupId>g</groupId><artifactId>acme</artifactId><version>1.2</version></dependency>',
    'g:acme',
    '1.2',
  ],
  ['require x.org/acme v1.2.3\n', 'x.org/acme', 'v1.2.3'],
  ['{:acme, "~> 1.2"}', 'acme', '~> 1.2'],
])('%j: %s %s', (text, name, version) => {
  const mentions = readPackages(text).filter(({ names }) => names.includes(name));
  expect(new Set(mentions.map((one) => one.version))).toEqual(new Set([version]));
});
