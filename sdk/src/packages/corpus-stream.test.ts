import { expect, test } from 'vitest';
import { WHOLE_LIMIT } from '../holdback.ts';
import { textMatcher } from '../match.ts';
import { redact } from '../redact.ts';
import type { PackageListItem } from '../rule.ts';
import { cutUp, judgePieces } from '../testing/chunks.ts';
import { ruleFor } from '../testing/rules.ts';
import { ARGUMENTS } from './corpus/arguments.ts';
import { COORDINATES } from './corpus/coordinates.ts';
import { HARMLESS } from './corpus/harmless.ts';
import { IMPORTS } from './corpus/imports.ts';
import { INSTALLS } from './corpus/installs.ts';
import { MANIFESTS } from './corpus/manifests.ts';
import { unmarked } from './corpus/spelling.ts';

/** What may stand in the middle of something, longer than any stretch of text that is waited for. */
const FILLERS = {
  blanks: ' '.repeat(2_500),
  lines: '\n'.repeat(2_500),
  continuations: '\\\n'.repeat(1_250),
  comment: `/*${' x'.repeat(1_250)}*/`,
  'comment of XML': `<!--${' x'.repeat(1_250)}-->`,
  'comment to the end of the line': `// ${'x '.repeat(1_250)}\n`,
  'lines of comment': `\n#${' x'.repeat(40)}`.repeat(30),
  words: ' a b c d'.repeat(400),
  strings: ' "y",'.repeat(500),
  members: `"z": "${'x'.repeat(900)}",`.repeat(3),
  attributes: Array.from({ length: 300 }, (_, at) => ` a${at}="b"`).join(''),
};
type Filler = keyof typeof FILLERS;

const wholeAndStream = (item: PackageListItem, text: string, language: string | null) => {
  const matcher = {
    kind: 'imports' as const,
    packages: [item],
    ...(typeof item !== 'string' && { unversioned: 'pass' as const }),
  };
  const rule = ruleFor(matcher, 'x', { action: 'redact' });
  const spans = textMatcher(matcher)(text, language);
  const { text: out, errors } = judgePieces([rule], [text], { context: { language } });
  expect(errors).toEqual([]);
  return { hits: spans.length, whole: redact(text, [{ ref: rule.ref, spans }]), out };
};

test.each<[PackageListItem, string | null, string, readonly Filler[]]>([
  [
    'org.acme:kite',
    'xml',
    '<dependency><artifactId>kite</artifactId>¤<groupId>org.acme</groupId></dependency>',
    ['comment of XML', 'blanks', 'lines'],
  ],
  ['Snow.Globe', 'xml', '<PackageReference Include="Snow.Globe"¤ Version="1" />', ['attributes', 'blanks']],
  [
    { name: 'Snow.Globe', versions: '1.0.0' },
    'xml',
    '<PackageReference Include="Snow.Globe"¤ Version="1.0.0" />',
    ['attributes', 'lines'],
  ],
  ['Snow.Globe', 'csharp', 'using Snow.Globe¤;', ['comment', 'comment to the end of the line', 'blanks']],
  ['kite', 'python', 'from kite¤ import a', ['blanks', 'continuations']],
  ['kite', 'rust', 'use kite¤::a;', ['comment', 'lines']],
  ['kite', 'json', '{"dependencies": {"kite":¤ "latest"}}', ['blanks', 'comment', 'lines']],
  ['kite', 'json', '{"kite": {¤ "hashes": ["x"]}}', ['members', 'comment', 'lines']],
  ['Kite', 'json', '{"Kite": ¤{"type": "Direct"}}', ['comment', 'blanks']],
  [
    { name: 'kite', versions: '1.0.0' },
    'json',
    '{"node_modules/kite": {¤ "version": "1.0.0"}}',
    ['members', 'lines'],
  ],
  [
    { name: 'kite', versions: '1.0.0' },
    'toml',
    '[[package]]\nname = "kite"¤\nversion = "1.0.0"\n',
    ['lines of comment', 'lines'],
  ],
  ['kite', 'yaml', 'packages:\n  kite:¤\n    dependency: "direct"\n', ['lines of comment', 'lines']],
  ['kite', null, 'kite[all]¤\nx\n', ['lines of comment']],
  ['debug', null, 'Run npm install a, debug¤ the test.', ['blanks']],
])('%j in %s: %j', (item, language, marked, fillers) => {
  for (const filler of fillers) {
    const { hits, whole, out } = wholeAndStream(item, marked.replace('¤', FILLERS[filler]), language);
    expect([filler, out]).toEqual([filler, whole]);
    expect(hits).toBe(item === 'debug' ? 0 : 1);
  }
});

test('with anything long in the middle of it, a stream says of every spelling what the whole says', () => {
  const fillers = Object.values(FILLERS);
  const all = [IMPORTS, COORDINATES, INSTALLS, ARGUMENTS, HARMLESS, MANIFESTS]
    .flat()
    .filter((_, at) => at % 3 === 0);
  for (const [number, [, language, name, marked]] of all.entries()) {
    const { text } = unmarked(marked);
    const gaps = [...text.matchAll(/\s+|[{}[\]<>(),;:=]|$/g)].map(({ index }) => index);
    const at = gaps[(number * 7) % gaps.length] as number;
    const long = `${text.slice(0, at)}${fillers[number % fillers.length]}${text.slice(at)}\nx\n`;
    const { whole, out } = wholeAndStream(name, long, language);
    expect(out, `${language}: ${JSON.stringify(text)} at ${at}`).toBe(whole);
  }
});

test('what may be a name is waited for so long, and falls under the fail mode of the rule then', () => {
  const text = `{"kite": {${`"x": "${'y'.repeat(90)}",\n`.repeat(WHOLE_LIMIT / 90)} "hashes": ["x"]}}`;
  for (const onError of ['open', 'closed'] as const) {
    const rule = ruleFor({ kind: 'imports', packages: ['kite'] }, 'x', {
      action: 'block',
      fail: { onError, onStale: 'open' },
    });
    const { decision, errors } = judgePieces(
      [rule],
      cutUp(text, () => 0.999, 4_000),
    );
    expect(decision.verdict).toBe(onError === 'closed' ? 'block' : 'allow');
    expect(errors[0]).toContain('goes on for more than 200000 characters');
  }
});
