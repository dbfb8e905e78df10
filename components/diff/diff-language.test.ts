import { preloadFile } from '@pierre/diffs/ssr';
import { describe, expect, it } from 'vitest';
import { diffLanguage } from './diff-language.ts';

// A line of each that has at least two kinds of words in it.
const LINES: Record<string, string> = {
  python: 'def f(x): return "a"',
  c: 'int main(void) { return 0; }',
  cpp: 'int main() { return 0; }',
  csharp: 'class A { int x = 1; }',
  java: 'class A { int x = 1; }',
  javascript: 'const a = "b";',
  typescript: 'const a: string = "b";',
  go: 'func main() { return "x" }',
  rust: 'fn main() { let x = "a"; }',
  php: '<?php echo "a"; ?>',
  ruby: 'def f; "a"; end',
  sql: "SELECT a FROM b WHERE c = 'd'",
  terraform: 'resource "a" "b" { c = true }',
  yaml: 'a: "b"',
  dockerfile: 'FROM node:24',
  xml: '<a b="c">d</a>',
  json: '{ "a": true }',
  ini: '[a]\nb=c',
  shell: 'echo "a" && exit 1',
};

describe('diffLanguage', () => {
  it('colours every language that is flagged', async () => {
    for (const [language, contents] of Object.entries(LINES)) {
      const lang = diffLanguage(language);
      expect(lang, language).not.toBe('text');
      const { prerenderedHTML } = await preloadFile({
        file: { name: 'completion', contents, lang },
        options: { disableFileHeader: true, preferredHighlighter: 'shiki-js' },
      });
      const colours = new Set(prerenderedHTML.match(/--diffs-token-dark:#[0-9a-f]+/gi));
      expect(colours.size, language).toBeGreaterThan(1);
    }
  });

  it('shows what it does not know as plain text', () => {
    expect(diffLanguage('brainfuck')).toBe('text');
    expect(diffLanguage('constructor')).toBe('text');
    expect(diffLanguage('text')).toBe('text');
  });
});
