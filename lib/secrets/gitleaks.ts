import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse, TomlError } from 'smol-toml';
import { z } from 'zod';
import { compileRe2, textMatcher } from '#sdk/match';
import { requiredLiterals } from '#sdk/pattern';
import type { Hit, Rule } from './hits.ts';
import type { Unescaped } from './unescaped.ts';

// Rules of the operator's own, in the form of gitleaks (github.com/gitleaks/gitleaks, README, "Configuration"): RE2, with
// keywords looked for first. Texts have no commits and no paths: conditions on those never hold.

const texts = z.array(z.string().min(1));
const allowlist = z.strictObject({
  description: z.string().optional(),
  condition: z
    .string()
    .toUpperCase()
    .pipe(z.enum(['OR', 'AND', '||', '&&']))
    .optional(),
  regexTarget: z.enum(['', 'secret', 'match', 'line']).optional(),
  regexes: texts.optional(),
  stopwords: texts.optional(),
  paths: texts.optional(),
  commits: texts.optional(),
  targetRules: texts.optional(),
});
type Allowlist = z.infer<typeof allowlist>;

const oneRule = z.strictObject({
  id: z.string().min(1).max(100),
  description: z.string().optional(),
  regex: z.string().min(1).optional(),
  secretGroup: z.number().int().nonnegative().optional(),
  entropy: z.number().nonnegative().optional(),
  keywords: texts.optional(),
  path: z.string().optional(),
  tags: z.array(z.string()).optional(),
  allowlist: allowlist.optional(),
  allowlists: z.array(allowlist).optional(),
});
type OneRule = z.infer<typeof oneRule>;

const config = z.looseObject({
  extend: z
    .strictObject({
      useDefault: z.boolean().optional(),
      path: z.string().min(1).optional(),
      disabledRules: texts.optional(),
    })
    .optional(),
  rules: z.array(z.looseObject({ id: z.string().min(1) })).optional(),
  allowlist: allowlist.optional(),
  allowlists: z.array(allowlist).optional(),
});

/** What gitleaks' own rules are looked for as, beside the file that extends them. */
const DEFAULT_FILE = 'gitleaks-default.toml';
/** gitleaks follows as many. */
const DEPTH = 2;

/** The rules of a file, and in words which were left out and why. */
export type OperatorRules = { rules: Rule[]; leftOut: string[] };

type Read = { rules: Map<string, Record<string, unknown>>; allowlists: Allowlist[] };

/** Reads a gitleaks configuration file. Throws one plain line where the file as a whole cannot be used. */
export function gitleaksRules(file: string): OperatorRules {
  const { rules: tables, allowlists } = readFile(file, DEPTH);
  const rules: Rule[] = [];
  const leftOut: string[] = [];
  for (const [id, table] of tables) {
    try {
      rules.push(ruleOf(checked(table), allowlists));
    } catch (error) {
      leftOut.push(
        `Rule "${id}" is left out: ${error instanceof Error ? error.message : 'it cannot be read'}.`,
      );
    }
  }
  if (tables.size === 0) throw new Error(`${file} has no rules.`);
  if (rules.length === 0) throw new Error(`${file} has no rule that can be used. ${leftOut[0]}`);
  return { rules, leftOut };
}

function readFile(file: string, depth: number): Read {
  const read = config.safeParse(tomlOf(file));
  if (!read.success) {
    const [issue] = read.error.issues;
    throw new Error(`${file} is no gitleaks configuration: ${issue?.path.join('.')} ${issue?.message}.`);
  }
  const { extend, rules = [], allowlist: single, allowlists = [] } = read.data;
  const from = extend?.path ?? (extend?.useDefault ? DEFAULT_FILE : undefined);
  if (from !== undefined && depth === 0)
    throw new Error(`${file} extends a file that extends files: more than gitleaks follows.`);
  const base: Read =
    from === undefined
      ? { rules: new Map(), allowlists: [] }
      : readFile(path.resolve(path.dirname(file), from), depth - 1);
  for (const id of extend?.disabledRules ?? []) base.rules.delete(id);
  for (const rule of rules) {
    const known = base.rules.get(rule.id) ?? {};
    const lists = [known, rule].flatMap((each) =>
      'allowlists' in each && Array.isArray(each.allowlists) ? each.allowlists : [],
    );
    base.rules.set(rule.id, { ...known, ...rule, ...(lists.length > 0 && { allowlists: lists }) });
  }
  return { rules: base.rules, allowlists: [...base.allowlists, ...(single ? [single] : []), ...allowlists] };
}

function tomlOf(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const hint =
      path.basename(file) === DEFAULT_FILE
        ? ' `useDefault` reads gitleaks’ own config/gitleaks.toml under that name.'
        : '';
    throw new Error(`${file} cannot be read: ${(error as NodeJS.ErrnoException).code}.${hint}`);
  }
  try {
    return parse(text);
  } catch (error) {
    const line = error instanceof TomlError ? ` in line ${error.line}` : '';
    throw new Error(`${file} is not valid TOML${line}.`);
  }
}

function checked(table: Record<string, unknown>): OneRule {
  if ('required' in table || 'skipReport' in table)
    throw new Error('it asks for other rules nearby, which is not supported');
  const read = oneRule.safeParse(table);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : undefined;
  throw new Error(
    unknown
      ? `it has "${unknown}", which is not supported`
      : `its ${issue?.path.join('.')} is not right: ${issue?.message}`,
  );
}

function ruleOf(rule: OneRule, shared: readonly Allowlist[]): Rule {
  const { id, regex, secretGroup = 0, entropy = 0 } = rule;
  if (regex === undefined)
    throw new Error(rule.path === undefined ? 'it has no regex' : 'it looks at paths alone');
  const matcher = { kind: 're2', pattern: regex, ignoreCase: false } as const;
  const re = compiled(regex);
  if (secretGroup > re.groupCount())
    throw new Error(`its secretGroup is ${secretGroup}, and its regex has ${re.groupCount()} groups`);
  const find = textMatcher(matcher);
  const allowed = [...shared, ...(rule.allowlist ? [rule.allowlist] : []), ...(rule.allowlists ?? [])]
    .filter(({ targetRules }) => !targetRules || targetRules.includes(id))
    .map(allowing);
  const words = rule.keywords ?? requiredLiterals(matcher)?.[0] ?? [];
  function* hits({ text }: Unescaped): Generator<Hit> {
    for (const match of find(text)) {
      const place = secretAt(text, match);
      const secret = text.slice(place.start, place.end);
      if (entropy > 0 && entropyOf(secret) <= entropy) continue;
      if (allowed.some((isAllowed) => isAllowed(secret, match, text))) continue;
      yield { ...place, rule: id };
    }
  }
  /** The group that was named, or the first that holds something; all of the match where there is none. */
  function secretAt(text: string, match: { start: number; end: number }): { start: number; end: number } {
    const groups = re.matcher(text);
    if (re.groupCount() === 0 || !groups.find(match.start)) return match;
    const wanted =
      secretGroup > 0 ? [secretGroup] : Array.from({ length: re.groupCount() }, (_, at) => at + 1);
    const group = wanted.find((each) => groups.end(each) > groups.start(each));
    return group === undefined ? match : { start: groups.start(group), end: groups.end(group) };
  }
  return { words, find: hits };
}

function compiled(pattern: string) {
  try {
    return compileRe2(pattern, false);
  } catch (error) {
    throw new Error(
      `its regex is not RE2: ${error instanceof Error ? error.message : 'it does not compile'}`,
    );
  }
}

type IsAllowed = (secret: string, match: { start: number; end: number }, text: string) => boolean;

function allowing({
  condition = 'OR',
  regexTarget,
  regexes,
  stopwords,
  paths,
  commits,
}: Allowlist): IsAllowed {
  const patterns = regexes?.map(compiled);
  const words = stopwords?.map((word) => word.toLowerCase());
  // Of a text nobody knows a path or a commit.
  const never = (paths || commits) && [false];
  return (secret, match, text) => {
    const target =
      regexTarget === 'line'
        ? linesOf(text, match)
        : regexTarget === 'match'
          ? text.slice(match.start, match.end)
          : secret;
    const held = [
      ...(patterns ? [patterns.some((pattern) => pattern.matcher(target).find())] : []),
      ...(words ? [words.some((word) => secret.toLowerCase().includes(word))] : []),
      ...(never ?? []),
    ];
    return condition === 'AND' || condition === '&&'
      ? held.length > 0 && held.every(Boolean)
      : held.some(Boolean);
  };
}

function linesOf(text: string, { start, end }: { start: number; end: number }): string {
  const next = text.indexOf('\n', end);
  return text.slice(text.lastIndexOf('\n', start - 1) + 1, next === -1 ? text.length : next);
}

/** Shannon's entropy, bits a character. */
function entropyOf(text: string): number {
  const counts = new Map<string, number>();
  for (const sign of text) counts.set(sign, (counts.get(sign) ?? 0) + 1);
  let bits = 0;
  const length = [...text].length;
  for (const count of counts.values()) bits -= (count / length) * Math.log2(count / length);
  return bits;
}
