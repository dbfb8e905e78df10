/**
 * The words of one command as the shell, or the program that starts it, takes them: behind continuations, in quotes, in
 * argument arrays over several lines, in folded scalars of YAML. Reads forward only.
 */

import { ARGUMENT_LINES, ARGUMENTS, argumentsBefore } from './argument-keys.ts';
import { bareWord, LONGEST, quotedFrom, type Word } from './bare-word.ts';
import { beginsClause, endsInProse, isProse } from './prose.ts';
import { foldedAfter } from './yaml-folds.ts';

/** Blanks, commas between words of prose and of PowerShell, and line ends that the shell, PowerShell or cmd removes. */
const GAP = /(?:[ \t,]|\\[ \t]*\r?\n|(?<=[ \t])[`^][ \t]*\r?\n|\\{2,4}\r?n(?=[ \t]))*/y;
const QUOTE = /\\{0,4}["'`]/y;
const REDIRECT = /\d?(?:>>?|<)&?\d?[ \t]*/y;
/** Two pieces of one command. */
const JOIN =
  /[ \t]*(?:[+.&]|\.\.|<>)?[ \t]*(?:\\?\r?\n[ \t]*)?(?:[+.&][ \t]*)?[rbfuRBFU]{0,2}(?=\\{0,4}["'`])/y;
/** A variable or a call between two pieces: `"pip install -r " + path + " x"`. */
const BETWEEN =
  /[ \t]*[+.&][ \t]*\$?\w[\w.$]{0,80}(?:\([^()\n]{0,100}\)|\[[^[\]\n]{0,100}\])?[ \t]*[+.&][ \t]*(?=["'])/y;
const FILLED = /\{[^{}\n]{0,200}[([][^{}\n]{0,200}\}/y;
/** What the shell puts there: of which arguments, only running tells. */
const SUBSTITUTED = /(?<=[ \t])(?:`[^`\n]{1,200}`|\$\((?:[^()\n]|\([^()\n]{0,200}\)){1,200}\))(?=\s|$)/y;
const LIST_FOLLOWS = /\s*,\s*(?:[\w.]+\s*[=:(]\s*)?[[(]?\s*(?=["'])/y;
const ENDS = new Set(['', ';', '|', '&', ')', ']', '`', '#', '(', '\r']);

/**
 * Told whether the last word is a flag that takes the next argument, be that a literal or not. Gives at last where it has
 * read to.
 */
export type Words = Generator<Word, number, boolean | undefined>;

/** How the words behind a tool are read; those of a line are the same whatever is said of flags. */
export interface Behind {
  words: () => Words;
  isLine: boolean;
}

/** What stands before a tool's name in its path, and the longest that is looked at. */
const PATH = Uint8Array.from({ length: 128 }, (_, unit) =>
  /[\w./\\:~$-]/.test(String.fromCharCode(unit)) ? 1 : 0,
);
const PATH_MAX = 120;

function pathBefore(text: string, start: number): number {
  const floor = Math.max(0, start - PATH_MAX);
  let at = start;
  while (at > floor && PATH[text.charCodeAt(at - 1)] === 1) at--;
  return start - at;
}

/**
 * The words behind a tool whose name stands from `start` to `end`, from the first as often as they are asked for; in a
 * shell's text no sentence names it.
 */
export function wordsBehind(text: string, start: number, end: number, isShell = false): Behind {
  const line = (from: number, prose = false, substitutes = false): Behind => ({
    words: () => inLine(text, start, from, prose, substitutes),
    isLine: true,
  });
  const list = (words: () => Words): Behind => ({ words, isLine: false });
  const path = pathBefore(text, start);
  const opening = quoteBefore(text, start - path);
  const prose = () => opening === '' && !isShell && isProse(text, start - path);
  // As nearly always; nothing below begins so.
  if (isPlainAt(text, end)) return line(end, prose(), true);
  const item =
    sticky(LINE_END, text, end) === -1
      ? null
      : /(?:^|\n)([ \t]*)-[ \t]+["']?[\w./\\-]*$/.exec(text.slice(Math.max(0, start - 200), start));
  if (item) return list(() => yamlList(text, end, item[1] as string));
  if (opening !== '' && text.startsWith(opening, end)) {
    const after = end + opening.length;
    const before = argumentsBefore(text, start - path - opening.length, after);
    if (before !== -1) return list(() => listed(text, before, opening));
    // A shell's quotes around the tool alone.
    return /^[ \t]+[\w-]/.test(text.slice(after, after + 40))
      ? line(after)
      : list(() => listed(text, after, opening));
  }
  // `pip.main(['install', 'x'])`
  if (text[end] === '(') return list(() => listed(text, end, "'"));
  // `$(which pip) install x`, `${PIP} install x`
  const behind = sticky(BEHIND, text, end);
  if (behind !== -1) return line(behind);
  if (opening === '' && text[end] === ',') return list(() => bareList(text, end));
  const before = sticky(ALONE, text, end) === -1 ? -1 : argumentsBefore(text, start - path, end);
  if (before !== -1)
    return list(() => (text[before] === '[' ? listed(text, before, '"') : yamlArguments(text, before)));
  return line(end, prose(), true);
}

/** Whether a quote of the shell, which runs what is in it, is open at `at`, as far as the line says. */
function isInBackticks(text: string, at: number): boolean {
  const around = text.slice(Math.max(0, at - 200), at);
  return around.slice(around.lastIndexOf('\n') + 1).split('`').length % 2 === 0;
}

/** One blank and a letter. */
const isPlainAt = (text: string, at: number) =>
  text.charCodeAt(at) === 0x20 && LETTER[text.charCodeAt(at + 1)] === 1;

const LINE_END = /["']?[ \t]{0,38}\r?\n/y;
const ALONE = /[ \t]{0,38}(?:\r?\n|\r?$)/y;
const BEHIND = /[)}]["']?(?=[ \t])/y;

function quoteBefore(text: string, at: number): string {
  const unit = text.charCodeAt(at - 1);
  if (unit !== 0x22 && unit !== 0x27 && unit !== 0x60) return '';
  return /(\\{0,4}["'`])$/.exec(text.slice(Math.max(0, at - 5), at))?.[1] ?? '';
}

const sticky = (pattern: RegExp, text: string, at: number): number => {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : -1;
};

/** A command that is written in a line; the tool's name begins at `tool`. */
function* inLine(text: string, tool: number, from: number, prose: boolean, mayHoldOthers: boolean): Words {
  let any = false;
  let substitutes: boolean | undefined = mayHoldOthers && !prose ? undefined : false;
  for (let at = from; ; ) {
    const last = at;
    const isPlain = isPlainAt(text, at);
    at = isPlain ? at + 1 : sticky(GAP, text, at);
    if (prose ? endsInProse(text, last, at) : beginsClause(text, last, at)) return at;
    if (isPlain) {
      const bare = bareWord(text, at);
      if (!bare) return at;
      yield bare.word;
      if (bare.after === -1) return bare.word.end;
      at = bare.after;
      any = true;
      continue;
    }
    if (text[at] === '\n' || text.startsWith('\r\n', at)) {
      const next = foldedAfter(text, from, at);
      if (next === -1) {
        return any ? at : yield* argumentsBelow(text, at);
      }
      at = next;
      continue;
    }
    const char = text[at] ?? '';
    const redirect = /[\d<>]/.test(char) ? sticky(REDIRECT, text, at) : -1;
    if (redirect !== -1) {
      at = redirect;
      while (at < text.length && !/[\s;|&)]/.test(text[at] as string)) at++;
      continue;
    }
    if (substitutes === undefined && /[`$]/.test(char)) substitutes = !isInBackticks(text, tool);
    const substituted = substitutes ? sticky(SUBSTITUTED, text, at) : -1;
    if (substituted !== -1) {
      yield { value: '', start: at, end: substituted };
      at = substituted;
      continue;
    }
    const quoteEnd = /[\\"'`]/.test(char) ? sticky(QUOTE, text, at) : -1;
    if (quoteEnd !== -1) {
      const quote = text.slice(at, quoteEnd);
      const opens = /[\s,=([{$]/.test(text[at - 1] ?? ' ') && /[\w@./$~^<>=*-]/.test(text[quoteEnd] ?? '');
      const quoted = opens && quote !== '`' ? quotedFrom(text, at, quote) : null;
      if (quoted) {
        yield quoted.word;
        any = true;
        at = quoted.after;
        continue;
      }
      if (opens) return at;
      const joined = sticky(JOIN, text, quoteEnd);
      if (joined !== -1 && quote !== '`') {
        at = sticky(QUOTE, text, joined);
        continue;
      }
      const between = quote === '`' ? -1 : sticky(BETWEEN, text, quoteEnd);
      if (between !== -1) {
        if (/\s/.test(text[at - 1] ?? '')) yield { value: '', start: quoteEnd, end: between };
        at = sticky(QUOTE, text, between);
        while (at < text.length && /[\w./\\-]/.test(text[at] as string)) at++;
        continue;
      }
      const list = any ? -1 : sticky(LIST_FOLLOWS, text, quoteEnd);
      if (list === -1) return at;
      return yield* listed(text, list, text[list] as string);
    }
    // PowerShell's arrays, and a quote of bash.
    if (text.startsWith('@(', at)) {
      return yield* listed(text, at + 1, "'");
    }
    if (char === '$' && /["']/.test(text[at + 1] ?? '')) {
      at++;
      continue;
    }
    // `{str(path)}` of Python, which gives one argument.
    const filled = char === '{' ? sticky(FILLED, text, at) : -1;
    if (filled !== -1) {
      yield { value: '', start: at, end: filled };
      at = filled;
      while (at < text.length && /[\w./\\-]/.test(text[at] as string)) at++;
      continue;
    }
    if (char === '{' || char === '}') {
      at++;
      continue;
    }
    // Docker drops comments between continued lines.
    if (char === '#' && /\n[ \t]*$/.test(text.slice(Math.max(from, at - 200), at))) {
      at = text.indexOf('\n', at) + 1;
      if (at === 0) return text.length;
      continue;
    }
    if (ENDS.has(char) && !text.startsWith('#{', at)) return at;
    const bare = bareWord(text, at);
    if (!bare) return at;
    yield bare.word;
    if (bare.after === -1) return bare.word.end;
    at = bare.after;
    any = true;
  }
}

const LETTER = Uint8Array.from({ length: 128 }, (_, unit) =>
  /[A-Za-z]/.test(String.fromCharCode(unit)) ? 1 : 0,
);

/** `args` on the lines below a program that stands alone on its own, as YAML has it. */
function* argumentsBelow(text: string, at: number): Words {
  const list = sticky(ARGUMENTS, text, at);
  if (list !== -1) return yield* listed(text, list, '"');
  const lines = sticky(ARGUMENT_LINES, text, at);
  return lines === -1 ? at : yield* yamlArguments(text, lines);
}

const yamlArguments = (text: string, at: number): Words =>
  yamlList(text, at, /^\r?\n([ \t]*)/.exec(text.slice(at, at + 200))?.[1] ?? '');

const APART = /(?:[\s,+]|\/\/[^\n]*|#[^\n]*|\/\*(?:[^*]|\*(?!\/)){0,1000}\*\/)*/y;
/** What more arguments of the same command may follow in. */
const CHAIN =
  /\s*(?:(?:\?\.|\.)\s*(?:args?|arg|add_?args?|push|append|extend|concat|add)\s*\(|\{\s*(?:args|arguments)\s*[:=]\s*)/iy;
const MORE = /\s*\+\s*\[/y;
const NAMED = /[\w.$!?*&:-]+(?:\s*=(?!=)>?)?/y;
/** What an argument begins with that is no literal and no list of more of them. */
const EXPRESSION = /[\w.$*&!?-]/;
const EMPTY = /\[\s*\]\s*\{?/y;

/** Arguments that are strings of their own, behind the tool or behind it in a list of its own. */
function* listed(text: string, from: number, quote: string): Words {
  let depth = 0;
  let wantsValue: boolean | undefined = false;
  const own = sticky(ARGUMENTS, text, from);
  for (let at = own === -1 ? from : own; ; ) {
    const before = at;
    at = sticky(APART, text, at);
    const char = text[at];
    if (char === undefined) return at;
    // In a line of its own, and behind no comma, stands another statement.
    if (
      depth === 0 &&
      text.slice(before, at).includes('\n') &&
      !/[,[(+]/.test(lastSign(text, before, at)) &&
      !/[\])."'`,\\]/.test(char)
    )
      return at;
    const open = sticky(QUOTE, text, at);
    if (open !== -1) {
      const own = text.slice(at, open);
      const quoted = own.length === quote.length || own.length === 1 ? quotedFrom(text, at, own) : null;
      if (!quoted) return at;
      wantsValue = yield quoted.word;
      at = quoted.after;
      continue;
    }
    if (wantsValue && (EXPRESSION.test(char) || (/[([]/.test(char) && lastSign(text, before, at) === ','))) {
      const end = expressionEnd(text, at);
      wantsValue = yield { value: '', start: at, end };
      at = end;
      continue;
    }
    const empty = sticky(EMPTY, text, at);
    if (empty !== -1) {
      at = empty;
      continue;
    }
    if (char === '[' || char === '(') {
      depth++;
      at++;
      continue;
    }
    if (char === ']' || char === ')' || char === '}') {
      depth--;
      const chain = sticky(CHAIN, text, at + 1);
      const more = chain === -1 ? sticky(MORE, text, at + 1) : chain;
      if (more !== -1) {
        depth = Math.max(1, depth + 1);
        at = more;
        continue;
      }
      if (depth <= 0) return at;
      at++;
      continue;
    }
    const options = sticky(CHAIN, text, at);
    if (options !== -1 && char === '{') {
      depth++;
      at = options;
      continue;
    }
    const named = sticky(NAMED, text, at);
    if (named === -1) return at;
    at = named;
  }
}

/** Where an argument ends that is no literal, and begins at `from`: before its comma, or what closes the list. */
function expressionEnd(text: string, from: number): number {
  let depth = 0;
  let at = from;
  for (; at < text.length && at - from < LONGEST; at++) {
    const char = text[at] as string;
    if (/["'`]/.test(char)) {
      const quoted = quotedFrom(text, at, char);
      if (quoted) at = quoted.after - 1;
    } else if (/[([{]/.test(char)) depth++;
    else if (/[)\]}]/.test(char)) {
      if (depth === 0) break;
      depth--;
    } else if (char === ',' && depth === 0) break;
  }
  return at;
}

/** The last sign before `at` that is no blank and in no comment, from `from` on, or the one before it. */
function lastSign(text: string, from: number, at: number): string {
  const gap = text.slice(from, at).replace(/\/\/[^\n]*|#[^\n]*|\/\*(?:[^*]|\*(?!\/))*\*\//g, '');
  return gap.trimEnd().at(-1) ?? text[from - 1] ?? '';
}

/** `[pip, install, name]` as YAML writes it without quotes. */
function* bareList(text: string, from: number): Words {
  const item = /\s*,\s*(?:(["'])([^"'\n]{0,300})\1|([^\s,[\]{}"']{1,300}))/y;
  let to = from;
  item.lastIndex = from;
  for (let match = item.exec(text); match; match = item.exec(text)) {
    const value = match[2] ?? match[3] ?? '';
    const end = item.lastIndex - (match[1]?.length ?? 0);
    yield { value, start: end - value.length, end };
    to = end;
  }
  return to;
}

/** `- pip`, `- install`, `- name`, each on a line. */
function* yamlList(text: string, from: number, indent: string): Words {
  const item = new RegExp(
    `["']?[ \\t]*\\r?\\n${indent}-[ \\t]+(["']?)([^\\n\\r"']{1,300}?)(?=\\1[ \\t]*(?:[ \\t]#.*)?\\r?(?:\\n|$))`,
    'y',
  );
  let to = from;
  item.lastIndex = from;
  for (let match = item.exec(text); match; match = item.exec(text)) {
    const value = match[2] as string;
    to = item.lastIndex;
    yield { value, start: to - value.length, end: to };
  }
  return to;
}
