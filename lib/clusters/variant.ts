import { createHash } from 'node:crypto';
import { boundNames } from './bound-names.ts';
import { readScope } from './scope.ts';
import { clusteredText } from './shape.ts';
import { type Token, tokenise } from './tokenise.ts';

/** The texts of an interaction and how they are read. */
export type Seen = {
  prompt: string;
  before: string | null;
  completion: string;
  language: string;
  surface: string;
};

const ASKED: ReadonlySet<string> = new Set(['prompt_injection', 'jailbreak', 'data_leak']);

/**
 * SHA-256 of what a person must see of an interaction, in its cluster's `scope`: everything but the width of blanks and
 * the names that the text itself gives to its variables. Two of one variant are the same to the eye; a decision on one
 * may reach the other. Texts are given masked, as they are shown. Linear in their length.
 */
export function variantOf(row: Seen, scope: string): Buffer {
  const { text, language } = clusteredText(row);
  const hash = createHash('sha256');
  const parts = [scope, normalForm(text, language), takenAway(row)];
  if (isAsked(readScope(scope).category)) parts.push(normalForm(row.prompt, 'text'));
  for (const part of parts) hash.update(`${part.length}\u0000${part}`);
  return hash.digest();
}

/** Whether a category's harm may lie in what was asked, so that the prompt must be seen as well. */
export function isAsked(category: string): boolean {
  return ASKED.has(category);
}

/** Blanks mean nothing between these languages' tokens; in Python the lines and their depth do. */
const FREE: ReadonlySet<string> = new Set([
  ...[
    'javascript',
    'typescript',
    'jsx',
    'tsx',
    'javascriptreact',
    'typescriptreact',
    'java',
    'c',
    'cpp',
    'c++',
  ],
  ...['csharp', 'c#', 'go', 'rust', 'kotlin', 'swift', 'scala', 'json'],
]);
type Layout = 'free' | 'lines' | 'blanks';
const layoutOf = (language: string): Layout =>
  FREE.has(language) ? 'free' : language === 'python' ? 'lines' : 'blanks';

/** The text with equal blanks and equal names made equal; nothing else is lost. */
export function normalForm(given: string, language: string): string {
  const text = given.trimEnd();
  const name = language.toLowerCase();
  const tokens = tokenise(text, language);
  const bound = boundNames(tokens, name);
  const gaps = new Gaps(layoutOf(name));
  const parts: string[] = [];
  let end = 0;
  for (const [index, token] of tokens.entries()) {
    parts.push(gaps.between(text.slice(end, token.start), token));
    const number = bound[index];
    parts.push(number === undefined ? token.text : `\u0000${number}`);
    end = token.start + token.text.length;
  }
  parts.push(gaps.between(text.slice(end), null));
  return JSON.stringify(parts);
}

const BLANKS = /[ \t\r\n\f\v\u0085\u2028\u2029]+/g;
const BREAK = /[\r\n\u0085\u2028\u2029]/;

/** What stands between two tokens: comments and invisible characters as they are, blanks as far as they mean something. */
class Gaps {
  readonly #layout: Layout;
  /** Brackets that are open: lines inside them are one. */
  #open = 0;
  /** Columns at which open blocks begin. */
  readonly #columns: number[] = [];

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  between(gap: string, next: Token | null): string {
    const blank = gap.replace(BLANKS, '') === '';
    const lines =
      this.#layout !== 'free' && this.#open === 0 && (BREAK.test(gap) || this.#columns.length === 0);
    if (next?.kind === 'kept') this.#count(next.text);
    const depth = lines && next ? this.#indented(gap) : '';
    if (!blank) {
      const said = gap.replace(BLANKS, (run) => (BREAK.test(run) ? '\n' : ' '));
      return lines ? said.trimEnd() + depth : said;
    }
    return lines ? depth : this.#layout === 'blanks' && gap !== '' && next ? ' ' : '';
  }

  #count(text: string): void {
    if (this.#layout !== 'lines') return;
    if ('([{'.includes(text)) this.#open += 1;
    else if (')]}'.includes(text)) this.#open = Math.max(0, this.#open - 1);
  }

  // A block is told from its neighbours by its depth, whatever the width of one step.
  #indented(gap: string): string {
    const column = gap.length - Math.max(gap.lastIndexOf('\n'), gap.lastIndexOf('\r')) - 1;
    let left = '';
    while ((this.#columns.at(-1) ?? -1) > column) {
      this.#columns.pop();
      left += '<';
    }
    if ((this.#columns.at(-1) ?? -1) < column) this.#columns.push(column);
    return `\n${left}${this.#columns.length}`;
  }
}

/**
 * Lines of the code before that a rewrite leaves out: a diff shows them as deleted. A completion that carries on from the
 * code before deletes nothing: it begins with it, or is an inline one that repeats none of its lines.
 */
function takenAway({ before, completion, surface }: Seen): string {
  if (!before || completion === '' || completion.startsWith(before)) return '';
  const lines = (text: string) => text.split(/\r\n|[\r\n]/).map((line) => line.replace(BLANKS, ' ').trim());
  const kept = new Set(lines(completion));
  const own = lines(before).filter(Boolean);
  const gone = own.filter((line) => !kept.has(line));
  if (surface === 'inline' && !own.some((line) => line.length >= TELLING && kept.has(line))) return '';
  return gone.join('\n');
}

/** Braces and blank lines repeat everywhere and say nothing. */
const TELLING = 8;
