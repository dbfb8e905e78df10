import { describe, expect, it } from 'vitest';
import { hasRealData, realRows } from '../../tests/real-data.ts';
import { partsOf } from './parts.ts';

const cut = (text: string) =>
  partsOf(text).map(({ kind, from, to, name }) => [kind, text.slice(from, to), ...(name ? [name] : [])]);

describe('partsOf', () => {
  it('finds fenced code by its fence, whatever its language', () => {
    expect(cut('Try:\n\n```ts\na();\n```\nDone.')).toEqual([
      ['prose', 'Try:\n\n'],
      ['fence', '```ts\n'],
      ['code', 'a();\n', 'ts'],
      ['fence', '```\n'],
      ['prose', 'Done.'],
    ]);
    expect(cut('~~~~ sh -x\n```\n~~~\n~~~~\r\n')).toEqual([
      ['fence', '~~~~ sh -x\n'],
      ['code', '```\n~~~\n', 'sh'],
      ['fence', '~~~~\r\n'],
    ]);
    expect(cut('  ```\n  x\n')).toEqual([
      ['fence', '  ```\n'],
      ['code', '  x\n'],
    ]);
    expect(cut('```\n```')).toEqual([
      ['fence', '```\n'],
      ['fence', '```'],
    ]);
    expect(cut('say ```x``` here')).toEqual([['prose', 'say ```x``` here']]);
  });

  it('finds who speaks, and what a tool was given and gave', () => {
    expect(
      cut('[system]\nBe kind.\n\n[user]\nHi\n\n[read_file]\n{"path":"a"}\n\n[tool read_file]\ntext\n'),
    ).toEqual([
      ['head', '[system]\n', 'system'],
      ['prose', 'Be kind.\n\n'],
      ['head', '[user]\n', 'user'],
      ['prose', 'Hi\n\n'],
      ['head', '[read_file]\n', 'read_file'],
      ['data', '{"path":"a"}\n\n'],
      ['head', '[tool read_file]\n', 'tool read_file'],
      ['data', 'text\n'],
    ]);
  });

  it('takes no name of a section inside code for a speaker, and lets no open fence swallow one', () => {
    expect(cut('```toml\na = 1\n\n[user]\nb = 2\n```\n').map(([kind]) => kind)).toEqual([
      'fence',
      'code',
      'fence',
    ]);
    expect(cut('```\nrm -rf /\n\n[user]\nwhy?').map(([kind]) => kind)).toEqual([
      'fence',
      'code',
      'head',
      'prose',
    ]);
  });

  it('leaves nothing out', () => {
    const texts = [
      '',
      '\n',
      '\n\n[a]\n\n[b]',
      '```\n\n[a]\n```\n~~~\n',
      '<!-- x -->\n![p](https://x.example/p.png)\n[a]: https://x.example "t"\n',
      ...(hasRealData ? realRows().flatMap((row) => [row.prompt, row.completion]) : []),
    ];
    for (const text of texts) {
      const parts = partsOf(text);
      expect(parts.map(({ from, to }) => text.slice(from, to)).join('')).toBe(text);
    }
  });
});
