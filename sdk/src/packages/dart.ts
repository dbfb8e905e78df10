import { mention, type Reader } from './found.ts';
import {
  blockString,
  Code,
  lineComment,
  lineString,
  matchAt,
  nestedComment,
  quotedAt,
  syntax,
} from './lex.ts';
import type { PackageMention } from './mention.ts';

export const DART = syntax(
  lineComment('//'),
  nestedComment,
  blockString('"""', '"""'),
  blockString("'''", "'''"),
  lineString('"'),
  lineString("'"),
);

const WORD = /(?<![\w$-])(?:import|export|augment)(?![\w-])/g;
const PACKAGE = /^package:([^/\s]{1,200})/;
const RAW = /r(?=["'])/y;

/** `import 'package:name/file.dart'`, also as one of several behind `if (…)`. */
export const dart: Reader = (text, mixed) => {
  const found: PackageMention[] = [];
  const code = new Code(text, DART, mixed);
  const add = (at: number): number => {
    const uri = quotedAt(text, matchAt(RAW, text, at) ? at + 1 : at);
    const name = PACKAGE.exec(uri?.value ?? '')?.[1];
    if (uri && name !== undefined) found.push(...mention('pub', 'import', [name], uri.start, uri.end));
    return uri?.after ?? -1;
  };
  for (const { 0: word, index } of text.matchAll(WORD)) {
    const kind = code.kindAt(index);
    if (kind === 'comment' || kind === 'line') continue;
    for (let at = add(code.skip(index + word.length)); at !== -1; ) {
      const condition = matchAt(IF, text, code.skip(at));
      at = condition ? add(code.skip(IF.lastIndex)) : -1;
    }
  }
  return found;
};

const IF = /if\s{0,20}\([^()]{1,200}\)/y;
