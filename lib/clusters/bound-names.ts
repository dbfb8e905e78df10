import { isReached, type Token } from './tokenise.ts';

const TYPED: ReadonlySet<string> = new Set(['java', 'c', 'cpp', 'c++', 'csharp', 'c#']);
const SCRIPTS: ReadonlySet<string> = new Set([
  ...['javascript', 'typescript', 'jsx', 'tsx', 'javascriptreact', 'typescriptreact'],
]);
const LANGUAGES: ReadonlySet<string> = new Set([
  ...TYPED,
  ...SCRIPTS,
  ...['python', 'go', 'rust', 'kotlin', 'swift', 'scala', 'php'],
]);

const BASIC_TYPES: ReadonlySet<string> = new Set(
  'int char bool boolean byte short long float double decimal string object uint size_t auto var'.split(' '),
);
const DECLARES: ReadonlySet<string> = new Set(['let', 'const', 'var', 'val', 'mut', 'for']);
const DEFINES: ReadonlySet<string> = new Set(['def', 'func', 'function', 'fn', 'fun', 'lambda', 'catch']);
const BEFORE_PARAMETER: ReadonlySet<string> = new Set(['(', ',', '*', '**', '...', '&']);
const AFTER_PARAMETER: ReadonlySet<string> = new Set([',', ')', '=', ':']);

type Bracket = 'parameters' | '(' | '[' | '{';

/**
 * The tokens that are names of the text's own variables, by index, each with its variable's number in the order of first
 * use: what may be renamed without changing what the program does. A name is one only where the text surely declares it
 * and reads it again; what is called, a member, a named argument or a key is others' vocabulary and never one. A
 * declaration that is not recognised costs a variant to look at, nothing worse.
 */
export function boundNames(tokens: readonly Token[], language: string): (number | undefined)[] {
  const numbered: (number | undefined)[] = new Array(tokens.length);
  if (!LANGUAGES.has(language)) return numbered;
  const text = (index: number) => tokens[index]?.text ?? '';
  const bound = new Set<string>();
  const uses = new Map<string, number[]>();
  const brackets: Bracket[] = [];
  const arrows = SCRIPTS.has(language) ? arrowParameters(tokens) : new Set<number>();
  for (const [index, token] of tokens.entries()) {
    if (token.kind === 'kept') {
      if (token.text === '(')
        brackets.push(arrows.has(index) || isDefinition(tokens, index) ? 'parameters' : '(');
      else if (token.text === '[' || token.text === '{') brackets.push(token.text);
      else if (')]}'.includes(token.text)) brackets.pop();
      continue;
    }
    if (token.kind !== 'name' || isReached(tokens, index)) continue;
    const within = brackets.at(-1);
    const [before, after] = [text(index - 1), text(index + 1)];
    const isArgument = within === '(' && after === '=';
    const isKey = within === '{' && (before === '{' || before === ',') && [':', ',', '}'].includes(after);
    if (isArgument || isKey) continue;
    const places = uses.get(token.text) ?? [];
    places.push(index);
    uses.set(token.text, places);
    if (isSetting(token.text)) continue;
    const declared =
      (DECLARES.has(before) && !TYPED.has(language)) ||
      (within === 'parameters' && BEFORE_PARAMETER.has(before) && AFTER_PARAMETER.has(after)) ||
      declaredIn(language, tokens, index, within);
    if (declared) bound.add(token.text);
  }
  const variables = [...uses]
    .filter(([name, places]) => bound.has(name) && places.length > 1)
    .sort(([, one], [, other]) => (one[0] ?? 0) - (other[0] ?? 0));
  for (const [number, [, places]] of variables.entries())
    for (const place of places) numbered[place] = number;
  return numbered;
}

/** Names in capitals or between underscores are read by somebody else. */
const isSetting = (name: string) => /^[\p{Lu}\p{N}_$@]{2,}$/u.test(name) || name.startsWith('__');

function declaredIn(
  language: string,
  tokens: readonly Token[],
  index: number,
  within: Bracket | undefined,
): boolean {
  const [before, after] = [tokens[index - 1], tokens[index + 1]?.text ?? ''];
  if (language === 'python') {
    if (before?.text === 'as' || (before?.text === 'lambda' && [',', ':'].includes(after))) return true;
    return after === '=' && within === undefined;
  }
  if (language === 'go') {
    if (after === ':=') return true;
    const next = tokens[index + 1];
    const isTyped = next?.kind === 'name' || (next?.kind === 'kept' && /^[\w*[]/.test(next.text));
    return within === 'parameters' && ['(', ','].includes(before?.text ?? '') && isTyped;
  }
  if (language === 'php') return /^\$(?!_|GLOBALS|this$)/.test(tokens[index]?.text ?? '');
  if (SCRIPTS.has(language)) return after === '=>';
  if (!TYPED.has(language) || !before) return false;
  const isType = before.kind === 'name' ? !isReached(tokens, index - 1) : BASIC_TYPES.has(before.text);
  return isType && ['=', ';', ',', ')', ':'].includes(after);
}

/** Whether these brackets hold what a function takes, by the keyword before them or before its name. */
function isDefinition(tokens: readonly Token[], open: number): boolean {
  return [open - 1, open - 2].some((index) => DEFINES.has(tokens[index]?.text ?? ''));
}

/** Brackets that `=>` follows. */
function arrowParameters(tokens: readonly Token[]): Set<number> {
  const found = new Set<number>();
  const open: number[] = [];
  for (const [index, token] of tokens.entries()) {
    if (token.kind !== 'kept') continue;
    if (token.text === '(') open.push(index);
    else if (token.text === ')') {
      const start = open.pop();
      if (start !== undefined && tokens[index + 1]?.text === '=>') found.add(start);
    }
  }
  return found;
}
