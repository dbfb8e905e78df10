import { inside, isUsed, mention, type Reader } from './found.ts';
import {
  blockComment,
  blockString,
  Code,
  lineComment,
  lineString,
  matchAt,
  prefixes,
  quotedAt,
  syntax,
} from './lex.ts';
import type { PackageMention } from './mention.ts';

const CHARACTER = {
  opens: "'(?:\\\\[^\\n\\r]{1,10}|[^\\\\\\n\\r])'",
  kind: 'line',
  end: (_: string, from: number) => from,
} as const;

/** Java, Kotlin, Scala and Groovy. A comment ends where Java ends it: a longer one of Kotlin hides no more. */
export const JVM = syntax(
  lineComment('//'),
  blockComment('/\\*', '*/'),
  blockString('"""', '"""'),
  lineString('"'),
  CHARACTER,
);

const WORD = /\b(?:import|requires)(?![\p{L}\p{N}_])/gu;
const MODIFIER = /(?:static|module|transitive|given|type|fun)(?=[\s/])/uy;
const NAME = /`?([\p{L}_$][\p{L}\p{M}\p{N}_$-]*)`?/uy;
const DOT = /\s{0,50}\.\s{0,50}/y;
const LOADED = /\b(?:forName|loadClass|findClass)\s{0,20}\(\s{0,50}/g;
/** A name in full in the middle of code, which needs no import: packages are in lower case, what is in them is not. */
const QUALIFIED =
  /(?<![\p{L}\p{M}\p{N}_$.@\\/-])[a-z]\w{0,60}(?:\.[a-z_]\w{0,60}){1,20}\.[A-Z]\w{0,100}(?![\p{L}\p{M}])/gu;
/** By which it is told from members of members: groups begin with a domain. */
const DOMAIN = /^(?:[a-z]{2}|com|org|net|dev|app|edu|gov|biz|info|cloud|tech|javax|jakarta|kotlinx?|scala)\./;
const COORDINATE = /\$(?:ivy|dep|file)\s{0,5}\.\s{0,5}`([^`\n\r]{1,300})`/y;

interface Path {
  parts: string[];
  start: number;
  end: number;
  /** Behind a dot that no name follows: `*` or a group. */
  open: boolean;
}

function pathAt({ text }: Code, at: number): Path | null {
  const parts: string[] = [];
  let end = at;
  let open = false;
  for (let from = at; parts.length < 40; from = DOT.lastIndex) {
    const part = matchAt(NAME, text, from)?.[1];
    if (part === undefined) break;
    parts.push(part);
    end = NAME.lastIndex;
    open = matchAt(DOT, text, end) !== null;
    if (!open) break;
  }
  // `import com.evil.*` and `import com.evil.{A, B}` cover `com.evil.`
  if (open) end = text.indexOf('.', end) + 1;
  return parts.length === 0 ? null : { parts, start: at, end, open };
}

/** `import a.b.{C, D => E}, f.g` in Scala; one name elsewhere. */
export const jvm: Reader = (text, mixed) => {
  const found: PackageMention[] = [];
  const code = new Code(text, JVM, mixed);
  const add = (parts: readonly string[], start: number, end: number, from = 1) =>
    found.push(...mention('maven', 'import', prefixes(parts.join('.'), '.', from), start, end));
  let done = 0;
  for (const { 0: word, index } of text.matchAll(WORD)) {
    if (index < done) continue;
    const kind = code.kindAt(index);
    if (kind === 'comment' || kind === 'line' || !code.begins(index, ';{}')) continue;
    let at = code.skip(index + word.length, true);
    for (let modifier = matchAt(MODIFIER, text, at); modifier; modifier = matchAt(MODIFIER, text, at))
      at = code.skip(at + modifier[0].length, true);
    const ivy = matchAt(COORDINATE, text, at);
    if (ivy) {
      const end = COORDINATE.lastIndex - 1;
      found.push(...coordinate(ivy[1] as string, end - (ivy[1] as string).length, 'import'));
      continue;
    }
    for (;;) {
      const path = pathAt(code, at);
      if (!path) break;
      add(path.parts, path.start, path.end);
      done = path.end;
      const next = code.skip(path.end, true);
      if (path.open && text[next] === '{') {
        for (let from = code.skip(next + 1); ; ) {
          const member = matchAt(NAME, text, from);
          if (!member) break;
          const end = NAME.lastIndex;
          add([...path.parts, member[1] as string], from, end, path.parts.length + 1);
          done = end;
          from = nextMember(code, end);
          if (from === -1) break;
        }
        break;
      }
      if (text[next] !== ',') break;
      at = code.skip(next + 1);
    }
  }
  const isRead = inside(found);
  for (const { 0: name, index } of text.matchAll(QUALIFIED)) {
    const end = index + name.length;
    if (!DOMAIN.test(name) || isRead(index) || code.kindAt(index) !== 'code') continue;
    if (!mixed || isUsed(text, index, end)) add(name.split('.'), index, end, 2);
  }
  for (const { 0: call, index } of text.matchAll(LOADED)) {
    const name = quotedAt(text, index + call.length);
    if (name && code.kindAt(index) !== 'comment' && /^[\w.$]+$/.test(name.value))
      add(name.value.split('.'), name.start, name.end);
  }
  return found;
};

const RENAMED = /(?:=>|as)\s{0,20}[\p{L}\p{N}_$]+/uy;

/** Behind a member of a group: where the next one begins, -1 behind the last. */
function nextMember(code: Code, at: number): number {
  let from = code.skip(at);
  if (matchAt(RENAMED, code.text, from)) from = code.skip(RENAMED.lastIndex);
  return code.text[from] === ',' ? code.skip(from + 1) : -1;
}

const PART = /^[\w.$-]+$/;

/** `group:artifact[:version]`, with `::` as Scala's tools write it. */
export function coordinate(raw: string, start: number, how: PackageMention['how']): PackageMention[] {
  const [group = '', artifact = '', third, fourth] = raw.split(/:{1,3}/);
  if (!PART.test(group) || !PART.test(artifact)) return [];
  const version = fourth !== undefined && /^(?:jar|pom|war|aar|zip)$/.test(third ?? '') ? fourth : third;
  return mention(
    'maven',
    how,
    [`${group}:${artifact}`, artifact],
    start,
    start + raw.length,
    version?.replace(/@.*$/, '') ?? null,
  );
}
