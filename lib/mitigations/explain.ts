import { packageWords } from '#sdk/packages/entry';
import type { Rule, RuleMatcher, RuleScope } from '#sdk/rule';

const quote = (text: string) => `“${text.length > 60 ? `${text.slice(0, 59)}…` : text}”`;

/** "a, b and c", or "a, b and 7 more". `say` words an item; of a long list only those that are named are worded. */
export function listWords<T>(
  items: readonly T[],
  most = 3,
  joiner = 'and',
  say = String as (item: T) => string,
): string {
  const isLong = items.length > most;
  const named = items.slice(0, isLong ? most - 1 : most).map(say);
  const last = isLong ? `${(items.length - most + 1).toLocaleString('en')} more` : named.pop();
  if (last === undefined) return '';
  return named.length === 0 ? last : `${named.join(', ')} ${joiner} ${last}`;
}

/** What the matcher looks for, as the end of "When the completion …". */
export function explainMatcher(matcher: RuleMatcher): string {
  switch (matcher.kind) {
    case 'imports':
      return explainPackages(matcher);
    case 'literal':
      return `contains ${quote(matcher.text)}${matcher.ignoreCase ? ', in capitals or not' : ''}`;
    case 're2':
      return `contains ${explainPattern(matcher.pattern)}${matcher.ignoreCase ? ', in capitals or not' : ''}`;
    case 'phrases':
      return `says ${listWords(matcher.phrases.map(quote), 4, 'or')}, however it is written`;
    case 'shape':
      return `has ${matcher.language} code of the shape ${quote(matcher.pattern)}`;
    case 'any':
      return 'is anything at all';
  }
}

function explainPackages({ packages, find, unversioned }: Extract<RuleMatcher, { kind: 'imports' }>): string {
  const words = listWords(packages, 4, 'or', (item) => quote(packageWords(item)));
  const verb = find === 'mentioned' ? 'mentions' : 'imports or installs';
  const versioned = packages.some((item) => typeof item !== 'string' && item.versions !== undefined);
  const without = unversioned === 'pass' ? 'never without a version' : 'with or without a version';
  return `${verb} ${words}${versioned ? ` (${without})` : ''}`;
}

/** Who a rule is for: "in python, on chat" or "everywhere". */
export function scopeWords(scope: RuleScope): string {
  const parts = [
    ['model', scope.models],
    ['version', scope.versions],
    ['in', scope.languages],
    ['on', scope.surfaces],
    ['for tenant', scope.tenants],
    ['for tier', scope.tiers],
    ['in the feature', scope.features],
    ['on instances with', Object.entries(scope.labels ?? {}).map(([name, value]) => `${name}=${value}`)],
  ] as const;
  const words = parts.flatMap(([word, values]) =>
    values && values.length > 0 ? [`${word} ${listWords(values, 3, 'or')}`] : [],
  );
  return words.length > 0 ? words.join(', ') : 'everywhere';
}

const TARGET_WORDS = {
  prompt: 'the prompt',
  completion: 'the completion',
  both: 'the prompt or the completion',
};
export const ACTION_WORDS: Record<Rule['action'], string> = {
  block: 'block it',
  disable: 'refuse the request',
  replace: 'serve a safe text instead',
  redact: 'remove the match',
  warn: 'add a warning',
  require_review: 'let it pass and send it to review',
  drop: 'drop that candidate',
  demote: 'rank that candidate last',
  sampling: 'bound the sampling parameters',
  flag: 'let it pass and flag it',
};

/** The whole rule as one sentence. */
export function ruleSentence(
  rule: Pick<Rule, 'scope' | 'target' | 'matcher' | 'when' | 'action' | 'mode'>,
): string {
  const action = ACTION_WORDS[rule.action];
  const then = rule.mode === 'shadow' ? `count it, as if to ${action}` : action;
  const where = `${scopeWords(rule.scope)}${rule.when === null ? '' : `, only when ${rule.when}`}`;
  return `When ${TARGET_WORDS[rule.target]} ${explainMatcher(rule.matcher)}, ${where}: ${then}.`;
}

const CLASSES: Record<string, string> = {
  d: 'a digit',
  D: 'no digit',
  w: 'a word character',
  W: 'no word character',
  s: 'white space',
  S: 'no white space',
};
const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r' };
const TOKEN =
  /\\(?:(?<cls>[dDwWsS])|(?<edge>[bBAz])|(?<esc>[ntr])|(?<lit>[^a-zA-Z0-9]))|\[(?<set>\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*)\]|(?<any>\.)|(?<anchor>[\^$])|(?<char>[^\\[\](){}*+?.|^$])/uy;
const REPEAT = /(?<times>[*+?]|\{(?<from>\d+)(?<to>,\d*)?\})\??/y;

/**
 * A pattern in words: literal text, classes and repeats in order. Groups and alternatives are named as they are
 * written, because a wrong paraphrase is worse than none.
 */
export function explainPattern(pattern: string): string {
  const parts: string[] = [];
  let text = '';
  const flush = () => {
    if (text !== '') parts.push(quote(text.replaceAll('\n', '⏎').replaceAll('\t', '⇥')));
    text = '';
  };
  for (let at = 0; at < pattern.length; ) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(pattern)?.groups;
    if (!token) return `a match of ${quote(pattern)}`;
    at = TOKEN.lastIndex;
    REPEAT.lastIndex = at;
    const repeat = REPEAT.exec(pattern)?.groups;
    if (repeat) at = REPEAT.lastIndex;
    const literal = token.char ?? token.lit ?? (token.esc && ESCAPES[token.esc]);
    if (literal !== undefined && !repeat) {
      text += literal;
      continue;
    }
    flush();
    parts.push(repeated(piece(token, literal), repeat));
  }
  flush();
  return parts.length > 0 ? parts.join(', then ') : 'anything';
}

function piece(token: Record<string, string | undefined>, literal: string | undefined): string {
  if (literal !== undefined) return quote(literal);
  if (token.cls) return CLASSES[token.cls] ?? token.cls;
  if (token.edge) return token.edge === 'b' ? 'a word edge' : `the place \\${token.edge}`;
  if (token.anchor) return token.anchor === '^' ? 'the beginning' : 'the end';
  if (token.any) return 'any character of the line';
  const set = token.set ?? '';
  return set.startsWith('^') ? `a character other than ${set.slice(1)}` : `one of ${set}`;
}

function repeated(what: string, repeat: Record<string, string | undefined> | undefined): string {
  if (!repeat) return what;
  const { times, from, to } = repeat;
  if (times === '*') return `any number of: ${what}`;
  if (times === '+') return `one or more: ${what}`;
  if (times === '?') return `perhaps ${what}`;
  if (to === undefined) return `${from} times ${what}`;
  return to === ',' ? `${from} or more: ${what}` : `${from} to ${to.slice(1)} times ${what}`;
}
