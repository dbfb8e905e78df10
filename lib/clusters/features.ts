import type { Token } from './tokenise.ts';

/** Most features of one text; what is beyond says nothing new. */
const MAX_FEATURES = 64;
const MAX_LENGTH = 100;
/** Longer digits are identifiers of somebody, not numbers of a program, and features outlive an erased text. */
const MAX_NUMBER = 10;

const HOST =
  /\b(?:https?|wss?|ftp|ssh|git|tcp|udp|ldaps?|jdbc:\w+|mongodb(?:\+srv)?|redis|postgres(?:ql)?|amqp):\/\/(?:[^\s/@"'<>]*@)?(\[[\da-f:]+\]|[\p{L}\p{N}][\p{L}\p{N}.-]*)/giu;
const ADDRESS = /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])/g;

const name = '[@\\p{L}_][\\p{L}\\p{N}_./@+-]*';
const PACKAGES = [
  `^[ \\t]*import[ \\t]+(?:static[ \\t]+)?(${name}(?:[ \\t]*,[ \\t]*${name})*)`,
  `^[ \\t]*from[ \\t]+(${name})[ \\t]+import\\b`,
  `\\b(?:from|import|require|require_once|include|include_once|import_module|__import__)[ \\t]*\\(?[ \\t]*["'\`](${name})["'\`]`,
  `^[ \\t]*#[ \\t]*include[ \\t]*[<"](${name})[>"]`,
  `^[ \\t]*(?:using|use|extern[ \\t]+crate|package)[ \\t]+(?:static[ \\t]+)?(${name.replace('./', '.:/\\\\')})`,
  `\\b(?:pip3?|conda|poetry|uv)[ \\t]+(?:pip[ \\t]+)?(?:install|add)[ \\t]+(?:-[\\w-]+[ \\t]+)*(${name})`,
  `\\b(?:npm|pnpm|yarn|bun)[ \\t]+(?:i|install|add)[ \\t]+(?:-[\\w-]+[ \\t]+)*(${name})`,
  `\\b(?:gem|cargo|brew|apt-get|apt|apk|composer)[ \\t]+(?:-[\\w-]+[ \\t]+)*(?:install|add|require)[ \\t]+(?:-[\\w-]+[ \\t]+)*(${name})`,
  `\\bgo[ \\t]+(?:get|install)[ \\t]+(?:-[\\w-]+[ \\t]+)*(${name})`,
  `--install-extension[ \\t]+(${name})`,
].map((pattern) => new RegExp(pattern, 'gimu'));

const DEFINES: ReadonlySet<string> = new Set(['def', 'func', 'function', 'fn', 'class', 'struct', 'new']);

/**
 * What a slot hides and a reviewer wants to know: `number:`, `host:`, `package:`, `call:`, sorted, each once. Names of
 * things in public, never the text around them: a URL gives its host, without user, password and path.
 */
export function featuresOf(text: string, tokens: readonly Token[], prose: boolean): string[] {
  const found = new Set<string>();
  const add = (kind: string, value: string | undefined) => {
    if (value && value.length <= MAX_LENGTH) found.add(`${kind}:${value}`);
  };
  for (const match of text.matchAll(HOST)) add('host', match[1]?.toLowerCase());
  for (const match of text.matchAll(ADDRESS)) add('host', match[0]);
  for (const pattern of PACKAGES) {
    for (const match of text.matchAll(pattern)) {
      for (const one of (match[1] ?? '').split(/\s*,\s*/)) add('package', one.replace(/[./]+$/, ''));
    }
  }
  if (!prose) {
    for (const [index, token] of tokens.entries()) {
      if (token.kind === 'number' && token.text.length <= MAX_NUMBER) add('number', token.text.toLowerCase());
      else if (
        token.kind === 'name' &&
        tokens[index + 1]?.text === '(' &&
        !DEFINES.has(tokens[index - 1]?.text ?? '')
      )
        add('call', token.text);
    }
  }
  return [...found].sort().slice(0, MAX_FEATURES);
}
