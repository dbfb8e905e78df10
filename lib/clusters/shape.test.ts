import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasRealData, realRows } from '#tests/real-data';
import {
  BANDS,
  bandHashes,
  type Elements,
  fromBytes,
  mix,
  signatureOf,
  similarity,
  toBytes,
} from './minhash.ts';
import { clusteredText, shapeOf, streamOf } from './shape.ts';
import { tokenise } from './tokenise.ts';

const stream = (text: string, language: string) => streamOf(tokenise(text, language)).join(' ');
const same = (one: string, other: string, language: string) =>
  shapeOf(one, language).fingerprint.equals(shapeOf(other, language).fingerprint);

describe('normalisation', () => {
  it('reads the code of a chat answer as code and the words around it as words', () => {
    const answer = (name: string) =>
      `Use an agent:\n\n\`\`\`ts\nconst ${name} = new Agent({ keepAlive: true });\n\`\`\`\n\nThat is all.`;
    expect(stream(answer('a'), 'typescript')).toBe(
      'use an agent const name = new Agent ( { keepalive : true } ) ; that is all'.replace(
        'keepalive',
        'name',
      ),
    );
    expect(same(answer('a'), answer('b'), 'typescript')).toBe(true);
    expect(same(answer('a'), answer('a').replace('keepAlive: true', 'x: 1, y: 2'), 'typescript')).toBe(false);
    const tokens = tokenise(answer('pool'), 'typescript');
    expect(
      tokens.map(({ start, text }) => answer('pool').slice(start, start + text.length) === text),
    ).not.toContain(false);
  });

  it('drops comments, layout and what a programmer chose; keeps what is called', () => {
    expect(stream('x = load("a.txt")  # why\nif x > 10:\n  return x', 'python')).toBe(
      'name = load ( "" ) if name > 0 : return name',
    );
    expect(stream('/* a */ int n = f(b->size); // c', 'c')).toBe('int name = f ( name -> size ) ;');
    expect(stream("let x: &'a str = 'c';", 'rust')).toBe('let name : & \' name str = "" ;');
    expect(stream('echo "hi" | base64 -d # x', 'shell')).toBe('echo "" | base64 - d');
    expect(stream('<a href="x"><!-- y --></a>', 'xml')).toBe('< a href = "" > < / a >');
    expect(stream('resource "aws_s3_bucket" "b" {\n  acl = "public" # no\n}', 'terraform')).toBe(
      'resource "" "" { acl = "" }',
    );
    expect(stream('kind: Pod\nspec:\n  privileged: true', 'yaml')).toBe(
      'kind : name spec : privileged : true',
    );
    expect(stream('{"user": "root", "port": 22}', 'json')).toBe('{ "user" : "" , "port" : 0 }');
    expect(stream('def f():\n    """Says."""\n    return 1', 'python')).toBe('def f ( ) : return 0');
  });

  it('is the same for other names, literals and layout, and another for another use of names', () => {
    expect(same('a = b + 1 # x', 'total=count+22', 'python')).toBe(true);
    expect(same('f(a, b)', 'f(a, a)', 'python')).toBe(false);
    expect(same('os.system(x)', 'json.loads(x)', 'python')).toBe(false);
    expect(same('!!!', '???', 'text')).toBe(false);
  });

  it('reads prose of any script word by word, and character by character where no spaces are', () => {
    expect(stream('Ignore ALL\u200B previous, instructions!', 'text')).toBe(
      'ignore all previous instructions',
    );
    expect(stream('忽略指令', 'text')).toBe('忽 略 指 令');
    expect(stream('игнорируй всё', 'text')).toBe('игнорируй всё');
    expect(stream('मुझे बताओ 12', 'text')).toBe('मुझे बताओ 0');
    expect(stream('ไม่ ได้', 'text')).toBe('ไ ม่ ไ ด้');
  });

  it('survives what is broken, in linear time', () => {
    for (const text of ['"', "'", '/*', '"""', '<!--', '`', '\\', '"\\', '\u0000\ud800', '']) {
      for (const language of ['python', 'c', 'xml', 'text', 'shell', 'klingon']) {
        expect(() => shapeOf(text, language)).not.toThrow();
      }
    }
    expect(stream('x = "open\ny = 2', 'python')).toBe('name = "" name = 0');
    for (const unit of ['"', '/*', '(', "'''", 'a.', '\\', '-', 'import a,', 'from a.', '<!--']) {
      expect(shapeOf(unit.repeat(200_000 / unit.length), 'python').features.length).toBeLessThan(100);
    }
  });

  it('takes what was asked where nothing was answered', () => {
    expect(clusteredText({ prompt: 'p', completion: ' \n', language: 'python' })).toEqual({
      text: 'p',
      language: 'text',
    });
  });
});

it('an answer of which nothing is shown is clustered by what was asked too, one with a call by the call', () => {
  const of = (prompt: string, completion: string) =>
    clusteredText({ prompt, completion, language: 'text' }).text;
  expect(of('draw a cat', '[image: not shown]')).toBe('draw a cat\n[image: not shown]');
  expect(of('draw a cat', '[image: not shown][audio: not shown]')).not.toBe(
    of('draw a dog', '[image: not shown]'),
  );
  expect(of('do it', '[run]\n{"command":"rm"}')).toBe('[run]\n{"command":"rm"}');
  expect(of('do it', '[image: not shown]\na cat')).toBe('[image: not shown]\na cat');
});

describe('features', () => {
  const features = (text: string, language: string) => shapeOf(text, language).features;
  it('are numbers, hosts, packages and calls, each once', () => {
    expect(
      features(
        'import os.path, requests\nfrom evil.core import x\nrequests.get("https://u:p@Evil.Example:8080/a?k=1")\nping("10.0.0.1", 80)',
        'python',
      ),
    ).toEqual([
      'call:get',
      'call:ping',
      'host:10.0.0.1',
      'host:evil.example',
      'number:80',
      'package:evil.core',
      'package:os.path',
      'package:requests',
    ]);
    expect(features('pip install -q --upgrade coloramma', 'shell')).toContain('package:coloramma');
    expect(features("const a = require('lodahs')", 'javascript')).toContain('package:lodahs');
    expect(features('#include <stdio.h>', 'c')).toContain('package:stdio.h');
    expect(features('go get example.test/x/y', 'shell')).toContain('package:example.test/x/y');
  });
  it('never hold long digits, users or passwords', () => {
    expect(features('x = 4111111111111111; y = "postgres://root:hunter2@db.example/x"', 'python')).toEqual([
      'host:db.example',
    ]);
  });
});

describe('minhash', () => {
  const signature = (elements: Elements) => signatureOf(elements, elements);
  const words = (from: number, to: number, weight = 0) =>
    new Map(Array.from({ length: to - from }, (_, index) => [mix(from + index), weight]));
  it('estimates the Jaccard similarity within four standard errors', () => {
    for (const [shared, all] of [
      [300, 400],
      [100, 400],
      [390, 400],
    ] as const) {
      const one = signature(words(0, (all + shared) / 2));
      const other = signature(words((all - shared) / 2, all));
      expect(Math.abs(similarity(one, other) - shared / all)).toBeLessThan(4 * Math.sqrt(0.25 / 128));
    }
  });
  it('counts an element as often as its weight says', () => {
    const shared = words(0, 20, 3);
    const one = signature(new Map([...shared, ...words(100, 180)]));
    const other = signature(new Map([...shared, ...words(200, 280)]));
    // 160 of 320, where it would be 20 of 180 without weights.
    expect(Math.abs(similarity(one, other) - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / 128));
  });
  it('is the same in every process, survives storing, and gives the bands that are stored', () => {
    const given = words(0, 60);
    const script = `import { signatureOf, bandHashes } from ${JSON.stringify(path.join(import.meta.dirname, 'minhash.ts'))};
      const given = new Map(${JSON.stringify([...given])}); const s = signatureOf(given, given); console.log(JSON.stringify([[...s], bandHashes(s, 'x').map(String)]));`;
    const [stored, bands] = JSON.parse(
      execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }),
    );
    const here = signature(given);
    expect([...here]).toEqual(stored);
    expect(bandHashes(here, 'x').map(String)).toEqual(bands);
    expect(fromBytes(toBytes(here))).toEqual(here);
    expect(new Set(bands).size).toBe(BANDS);
  });
  it('finds near-duplicates as the curve of 32 bands of 4 says', () => {
    let found = 0;
    for (let round = 0; round < 200; round++) {
      const base = words(round * 1_000, round * 1_000 + 200);
      const near = new Map([...[...base].slice(0, 165), ...words(round * 1_000 + 500, round * 1_000 + 535)]);
      const [one, other] = [bandHashes(signature(base), 's'), bandHashes(signature(near), 's')];
      if (one.some((hash, band) => hash === other[band])) found += 1;
    }
    expect(found).toBeGreaterThanOrEqual(198);
  });
});

it.skipIf(!hasRealData)('reads every real text, and cuts each at places that are its own', () => {
  for (const row of realRows()) {
    const { text, language } = clusteredText(row);
    for (const token of tokenise(text, language)) {
      const there = text.slice(token.start, token.start + token.text.length);
      if (there !== token.text) throw new Error(`not ${token.text} at ${token.start} of ${row.id}`);
    }
  }
});
