import { randomUUID } from 'node:crypto';
import { type Rule, type RuleMatcher, ruleSchema } from '#sdk/rule';
import { pick, type Random, randomFrom } from '#sdk/testing/patterns';
import { hasRealData, realRows } from '#tests/real-data';

export interface BenchText {
  language: string | null;
  completion: string;
}

const SIZE = 2_048;

/** Distinct texts of 2 KB that no rule has seen: real answers in a row where they lie beside the checkout. */
export function benchTexts(count: number): { texts: BenchText[]; real: boolean } {
  const texts: BenchText[] = [];
  if (hasRealData) {
    const open = new Map<string, string>();
    for (const { language, completion } of realRows()) {
      // Answers of one language, one after the other, cut at 2 KB: each place of the data is used once.
      let rest = `${open.get(language) ?? ''}${completion}\n`;
      for (; rest.length >= SIZE; rest = rest.slice(SIZE)) {
        texts.push({ language, completion: rest.slice(0, SIZE) });
        if (texts.length === count) return { texts, real: true };
      }
      open.set(language, rest);
    }
  }
  const random = randomFrom(5);
  const words = Array.from({ length: 4_000 }, () => Math.floor(random() * 36 ** 6).toString(36));
  while (texts.length < count) {
    let completion = '';
    while (completion.length < SIZE)
      completion += `${pick(random, words)}${pick(random, [' ', '(', ') ', ' = ', '.', '\n'])}`;
    texts.push({ language: 'python', completion: completion.slice(0, SIZE) });
  }
  return { texts, real: false };
}

const quoted = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** Emergency patterns as people write them, around a name: each requires that name. */
const SHAPES: readonly ((name: string, other: string) => string)[] = [
  (name) => `\\b${name}\\s*\\(`,
  (name) => `(?i)\\b${name}\\b`,
  (name, other) => `${name}\\([^)\\n]{0,80}${other}`,
  (name, other) => `(?:${name}|${other})\\s*=\\s*["'][^"'\\n]{4,60}["']`,
  (name, other) => `${name}[\\s\\S]{0,200}?${other}`,
  (name) => `(?m)^\\s*(?:from|import|use)\\s+${name}\\b`,
  (name) => `["']${name}[a-zA-Z0-9_]{2,20}["']`,
];

export function benchRule(matcher: RuleMatcher, index: number, overrides: Partial<Rule> = {}): Rule {
  return ruleSchema.parse({
    id: randomUUID(),
    ref: `R-${index}`,
    version: 1,
    title: 'Bench',
    incident: null,
    scope: {},
    target: 'completion',
    matcher,
    action: (['flag', 'block', 'require_review', 'warn'] as const)[index % 4],
    parameters: { text: 'Held back.' },
    mode: 'enforce',
    startsAt: null,
    expiresAt: '9999-12-31T23:59:59.000Z',
    tests: { mustMatch: [{ text: '' }], mustNotMatch: [] },
    ...overrides,
  });
}

/** Names from the texts that are in few of them, and as many that are in none. */
function namesFrom(texts: readonly BenchText[], random: Random): () => string {
  const seen = new Map<string, number>();
  for (const { completion } of texts) {
    for (const word of new Set(completion.match(/[A-Za-z_][A-Za-z0-9_]{5,24}/g) ?? [])) {
      seen.set(word, (seen.get(word) ?? 0) + 1);
    }
  }
  const rare = [...seen]
    .filter(([, times]) => times <= Math.max(3, texts.length / 250))
    .map(([word]) => word);
  return () =>
    random() < 0.5 && rare.length > 0
      ? pick(random, rare)
      : `${pick(random, ['legacy', 'unsafe', 'acme', 'vault', 'tmp', 'x'])}_${Math.floor(random() * 36 ** 6).toString(36)}`;
}

/** `count` rules that each require a string; some hit. All are RE2 patterns, so that every rival can run them. */
export function benchRules(count: number, texts: readonly BenchText[]): Rule[] {
  const random = randomFrom(count);
  const name = namesFrom(texts, random);
  return Array.from({ length: count }, (_, index) => {
    const pattern = (SHAPES[index % SHAPES.length] ?? quoted)(quoted(name()), quoted(name()));
    return benchRule({ kind: 're2', pattern, ignoreCase: false }, index);
  });
}
