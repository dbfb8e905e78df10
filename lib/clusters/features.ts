import { readPackages } from '#sdk/packages/read';
import { isProse, type Token } from './tokenise.ts';

/** Most features of one text; what is beyond says nothing new. */
const MAX_FEATURES = 64;
const MAX_LENGTH = 100;
/** Longer digits are identifiers of somebody, not numbers of a program, and features outlive an erased text. */
const MAX_NUMBER = 10;

const HOST =
  /\b(?:https?|wss?|ftp|ssh|git|tcp|udp|ldaps?|jdbc:\w+|mongodb(?:\+srv)?|redis|postgres(?:ql)?|amqp):\/\/(?:[^\s/@"'<>]*@)?(\[[\da-f:]+\]|[\p{L}\p{N}][\p{L}\p{N}.-]*)/giu;
const ADDRESS = /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])/g;

const name = '[@\\p{L}_][\\p{L}\\p{N}_./@+-]*';
/** What no registry of the readers has: headers of C, packages of systems, extensions of editors. */
const OTHER_PACKAGES = [
  `^[ \\t]*#[ \\t]*include[ \\t]*[<"](${name})[>"]`,
  `\\b(?:brew|apt-get|apt|apk)[ \\t]+(?:-[\\w-]+[ \\t]+)*(?:install|add)[ \\t]+(?:-[\\w-]+[ \\t]+)*(${name})`,
  `--install-extension[ \\t]+(${name})`,
].map((pattern) => new RegExp(pattern, 'gimu'));

/** Words before a name that the text defines itself. */
export const DEFINES: ReadonlySet<string> = new Set(['def', 'func', 'function', 'fn', 'class', 'struct']);
const NO_CALL: ReadonlySet<string> = new Set([...DEFINES, 'new']);

/**
 * What a slot hides and a reviewer wants to know: `number:`, `host:`, `package:`, `call:`, sorted, each once. Names of
 * things in public, never the text around them: a URL gives its host, without user, password and path.
 */
export function featuresOf(text: string, language: string, tokens: readonly Token[]): string[] {
  const prose = isProse(language);
  const found = new Set<string>();
  const add = (kind: string, value: string | undefined) => {
    if (value && value.length <= MAX_LENGTH) found.add(`${kind}:${value}`);
  };
  for (const match of text.matchAll(HOST)) add('host', match[1]?.toLowerCase());
  for (const match of text.matchAll(ADDRESS)) add('host', match[0]);
  const packages = new Set(readPackages(text, language).flatMap(({ names }) => names.slice(0, 1)));
  for (const one of packages) {
    // `from a import b` may bring in the module `a.b` or something of `a`: the surer is told.
    if (!packages.has(one.slice(0, Math.max(0, one.lastIndexOf('.'))))) add('package', one);
  }
  for (const pattern of OTHER_PACKAGES) {
    for (const match of text.matchAll(pattern)) add('package', match[1]);
  }
  if (!prose) {
    for (const [index, token] of tokens.entries()) {
      if (token.kind === 'number' && token.text.length <= MAX_NUMBER) add('number', token.text.toLowerCase());
      else if (
        token.kind === 'name' &&
        tokens[index + 1]?.text === '(' &&
        !NO_CALL.has(tokens[index - 1]?.text ?? '')
      )
        add('call', token.text);
    }
  }
  return [...found].sort().slice(0, MAX_FEATURES);
}
