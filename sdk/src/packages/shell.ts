import type { Work } from '../work.ts';
import { spend } from '../work.ts';
import { type Behind, type Words, wordsBehind } from './arguments.ts';
import type { Word } from './bare-word.ts';
import { isWord, TOOL, TOOL_WORDS, type Tool, toolsOf } from './commands.ts';
import { mention } from './found.ts';
import { Code, lineComment, lineString, matchAt, type Syntax, syntax } from './lex.ts';
import type { PackageMention } from './mention.ts';
import { readSpecifier } from './specifiers.ts';

export const SHELL = syntax(lineComment('(?<![^\\s;(])#'), lineString('"'), lineString("'"));
export const BATCH = syntax(lineComment('^[ \\t]*(?:@?[rR][eE][mM]\\b|::)'));

/** One argument may be read by so many commands: a list of nothing but tools does not multiply what is read. */
const NESTED = 4;

/**
 * Packages that commands install, in text of any language: a shell's lines, prose, a string, or an array of arguments.
 * `comments` are those of the text's language: a command in one is not run.
 */
export function readCommands(text: string, comments: Syntax | undefined, work: Work): PackageMention[] {
  const found: PackageMention[] = [];
  if (!TOOL_WORDS.test(text)) return found;
  const code = comments && new Code(text, comments, false);
  const isShell = comments === SHELL || comments === BATCH;
  let covering: number[] = [];
  let open: Command[] = [];
  for (const { 0: whole, 1: name, index: start } of text.matchAll(TOOL)) {
    const end = start + whole.length;
    spend(work, COMMAND);
    if (covering.some((to) => to <= start)) covering = covering.filter((to) => to > start);
    if (covering.length >= NESTED || code?.kindAt(start) === 'comment') continue;
    if (open.some(({ to }) => to <= start)) open = open.filter(({ to }) => to > start);
    const tools = toolsOf(name as string);
    const next = matchAt(NEXT, text, end)?.[1];
    if (next !== undefined && tools.every((tool) => isOther(tool, next))) continue;
    const words = new CommandWords(wordsBehind(text, start, end, isShell));
    for (const tool of tools) {
      if (open.some((outer) => outer.tool === tool && outer.reads(text, start, end))) continue;
      let word = words.at(0);
      if (!word) break;
      if (isOther(tool, word.value)) continue;
      const command = new Command(tool);
      for (let number = 1; word && command.take(word); number++) {
        spend(work, WORD);
        word = words.at(number, command.wantsValue);
      }
      for (const each of command.found) found.push(each);
      if (command.to > end) open.push(command);
    }
    // Nor is what holds no word of this command gone through again for each that is named in it.
    if (words.to > end) covering.push(words.to);
  }
  return found;
}

/** The words of one command, as often as there are ways to read it: those of a line are read once. */
class CommandWords {
  /** Behind all that was read. */
  to = 0;
  readonly #behind: Behind;
  #read: Word[] = [];
  #source: Words | null = null;
  #isOver = false;

  constructor(behind: Behind) {
    this.#behind = behind;
  }

  /** Asked for in order; the first begins anew. Null behind the last. */
  at(number: number, wantsValue = false): Word | null {
    if (number === 0 && !this.#behind.isLine) {
      this.#read = [];
      this.#source = null;
      this.#isOver = false;
    }
    const known = this.#read[number];
    if (known || this.#isOver) return known ?? null;
    this.#source ??= this.#behind.words();
    const { done, value } = this.#source.next(wantsValue);
    this.#isOver = done === true;
    this.to = Math.max(this.to, done ? value : value.end);
    if (done) return null;
    this.#read.push(value);
    return value;
  }
}

/** Units of work for a command, and for one of its words. */
const COMMAND = 50;
const WORD = 100;

/** What stands behind most tools: a plain word. */
const NEXT = / ([A-Za-z][\w-]*)(?=\s)/y;

/** Whether a tool's first word, which nearly all commands are told by, says that this way of reading it is not meant. */
const isOther = ({ begins }: Tool, word: string) => begins !== null && !begins(word) && /^\w\S*$/.test(word);

/** A blank inside of a word. */
const BLANK = /\S\s+\S/;
const SINGLE = /\S+/g;
/** A word, and what of a range of versions stands behind blanks. */
const TOGETHER = /\S+(?:\s+(?:\|\|\s*\S+|[<>=!~^]{1,3}\s*v?\d\S*))*/g;

const PARTS = /^-D(?:archetype)?(groupId|artifactId|version)$/i;

/** What the words of one command bring in. */
class Command {
  readonly found: PackageMention[] = [];
  readonly tool: Tool;
  /** Behind the last word that was taken for a package. */
  to = 0;
  /** The words that came behind the subcommand. */
  readonly #words: Word[] = [];
  /** Words that belong to the subcommand, as far as they have come; null behind the whole of it. */
  #verb: string[] | null;
  /** What the next word is: a value of the flag before it, or perhaps one. */
  #next: 'word' | 'value' | 'package' | 'version' | 'perhaps' = 'word';
  #version: string | null = null;
  #group = '';

  constructor(tool: Tool) {
    this.tool = tool;
    this.#verb = tool.verbs.length === 0 ? null : [];
  }

  /**
   * Whether all that a command of the same tool between `start` and `end` brings in was taken as packages of this one: it
   * stood here as a word, and a subcommand of one word behind it.
   */
  reads(text: string, start: number, end: number): boolean {
    const { one, creates, verbs, versions } = this.tool;
    if (one || creates) return false;
    const number = this.#numberAt(start);
    if (this.#words[number]?.start !== start || this.#words[number].end !== end) return false;
    const next = this.#words[number + 1];
    if (!next || !/^(?:[ \t]|\\\r?\n)+["']?$/.test(text.slice(end, next.start))) return false;
    // A version before the package that it is of would be taken for one of the subcommand's name.
    if (versions.size > 0 && !/^[^-]/.test(this.#words[number + 2]?.value ?? '')) return false;
    return verbs.some((verb) => verb.length === 1 && isWord(verb[0], next.value));
  }

  /** Of the first word that does not begin before `at`. */
  #numberAt(at: number): number {
    let low = 0;
    let high = this.#words.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#words[middle] as Word).start < at) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Whether the next argument is the flag's before it. */
  get wantsValue(): boolean {
    return this.#next === 'value' || this.#next === 'version';
  }

  /** False when nothing further is of interest. */
  take(word: Word): boolean {
    const { value } = word;
    if (!this.#verb) {
      this.#words.push(word);
      this.to = word.end;
    }
    const next = this.#next;
    this.#next = 'word';
    if (next === 'value' || value === '') return true;
    if (next === 'package') return this.#add(word);
    if (next === 'version') return this.#setVersion(value);
    if (value.length > 1 && value[0] === '-') return this.#flag(word);
    if (!this.#verb) return this.#add(word) && !this.tool.one;
    // `cargo +nightly add`
    if (value.startsWith('+')) return true;
    // A string of its own with all that follows: `Start-Process npm "install x"`.
    if (BLANK.test(value)) return this.#split(word);
    return this.#subcommand(value, next === 'perhaps');
  }

  #subcommand(value: string, isPerhapsValue: boolean): boolean {
    const before = this.#verb ?? [];
    let begins = false;
    for (const verb of this.tool.verbs) {
      if (!isWord(verb[before.length], value) || !before.every((word, at) => isWord(verb[at], word)))
        continue;
      begins = true;
      if (verb.length > before.length + 1) continue;
      this.#verb = null;
      return true;
    }
    if (begins) this.#verb = [...before, value];
    return begins || isPerhapsValue;
  }

  #split({ value, start }: Word): boolean {
    for (let from = 0; ; ) {
      // No version stands behind a subcommand.
      const pattern = this.#verb ? SINGLE : TOGETHER;
      pattern.lastIndex = from;
      const part = pattern.exec(value);
      if (!part) return true;
      from = pattern.lastIndex;
      const at = start + part.index;
      if (!this.take({ value: part[0], start: at, end: at + part[0].length })) return false;
    }
  }

  #flag({ value, start, end }: Word): boolean {
    const equals = /[=:](?!\/\/)/.exec(value)?.index ?? -1;
    const name = equals === -1 ? value : value.slice(0, equals);
    const { ecosystem, packages, values, versions } = this.tool;
    const part = ecosystem === 'maven' && equals !== -1 ? PARTS.exec(name)?.[1]?.toLowerCase() : undefined;
    if (part !== undefined) return this.#setPart(part, value.slice(equals + 1), start + equals + 1);
    const kind = packages.has(name)
      ? 'package'
      : versions.has(name)
        ? 'version'
        : values.has(name)
          ? 'value'
          : 'perhaps';
    if (equals === -1) this.#next = kind;
    else if (kind === 'package') {
      const own = value.slice(equals + 1);
      const quote = /^["']/.test(own) ? 1 : 0;
      return this.#add({
        value: own.slice(quote, own.length - quote),
        start: start + equals + 1 + quote,
        end,
      });
    } else if (kind === 'version') return this.#setVersion(value.slice(equals + 1));
    return true;
  }

  /** `-DgroupId=org.acme -DartifactId=kite -Dversion=1` of Maven, in any order. */
  #setPart(part: string, value: string, start: number): boolean {
    if (part === 'version') return this.#setVersion(value);
    if (part === 'artifactid')
      this.found.push(...mention('maven', 'install', [value], start, start + value.length, this.#version));
    else this.#group = value;
    const last = this.found.at(-1);
    if (last && this.#group !== '' && last.names.length === 1)
      last.names.unshift(`${this.#group}:${last.names[0]}`);
    return true;
  }

  #setVersion(version: string): boolean {
    const last = this.found.at(-1);
    if (last) last.version ??= version;
    else this.#version = version;
    return true;
  }

  #add({ value, start }: Word): boolean {
    const { ecosystem, creates } = this.tool;
    if (creates && /^@[\w.-]+$/.test(value)) {
      this.found.push(...mention(ecosystem, 'install', [created(value)], start, start + value.length));
      return true;
    }
    let at = start;
    // PowerShell's and prose's lists, several of `uvx --with a,b`.
    for (const part of !value.includes(',') || /[<>=~![;{(]/.test(value) ? [value] : value.split(',')) {
      for (const read of readSpecifier(ecosystem, part, at, 'install', this.#version)) {
        this.found.push(creates ? { ...read, names: [...read.names.map(created), ...read.names] } : read);
      }
      at += part.length + 1;
    }
    this.#version = null;
    return true;
  }
}

/** `x` → `create-x`, `@s/x` → `@s/create-x`, `@s` → `@s/create`. */
function created(name: string): string {
  if (!name.startsWith('@')) return `create-${name}`;
  const [scope = '', own] = name.split('/');
  return own === undefined ? `${scope}/create` : `${scope}/create-${own}`;
}
