import { mention, type Open } from './found.ts';
import type { PackageMention } from './mention.ts';

/** Dependencies in XML: MSBuild projects, packages.config, nuspec, pom.xml, ivy.xml. */

const TAG =
  /<!--[\s\S]*?(?:-->|$)|<(\/?)([A-Za-z][\w:.-]{0,60})((?:\s+[\w:.-]{1,60}\s*=\s*(?:"[^"<]{0,1000}"|'[^'<]{0,1000}'))*)\s*(\/?)>/g;
/** A tag that goes on behind the end. */
const UNFINISHED =
  /<[A-Za-z][\w:.-]{0,60}(?:\s+[\w:.-]{1,60}\s*=\s*(?:"[^"<]{0,1000}"|'[^'<]{0,1000}'))*\s*(?:[\w:.-]{1,60}\s*(?:=\s*(?:"[^"<]{0,1000}|'[^'<]{0,1000})?)?)?\/?$/y;
const ATTRIBUTE = /([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
/** Comments and CDATA may stand around what an element holds. */
const AROUND = /(?:\s|<!--[\s\S]*?-->|<!\[CDATA\[)*/y;
const CONTENT = /([^<\s\]][^<\]]{0,300}?)\s*(?=[<\]])/y;

const NUGET = new Set([
  'packagereference',
  'packageversion',
  'globalpackagereference',
  'packagedownload',
  'dotnetclitoolreference',
]);
const MAVEN = new Set([
  'dependency',
  'plugin',
  'parent',
  'extension',
  'exclusion',
  'path',
  'annotationprocessorpath',
]);

/** Deeper ones are read as if they were at this one. */
const DEEPEST = 50;

interface Place {
  value: string;
  start: number;
}

interface Coordinate {
  tag: string;
  group: Place | null;
  artifact: Place | null;
  version: string | null;
}

function attributesOf(raw: string, start: number): Map<string, Place> {
  const found = new Map<string, Place>();
  for (const match of raw.matchAll(ATTRIBUTE)) {
    const value = match[2] ?? match[3] ?? '';
    found.set((match[1] as string).toLowerCase(), {
      value,
      start: start + match.index + match[0].length - 1 - value.length,
    });
  }
  return found;
}

export function readXml(text: string, undecided: Open[] = []): PackageMention[] {
  const found: PackageMention[] = [];
  /** Elements that are open, the innermost last: what one excludes stands inside of it. */
  const stack: Coordinate[] = [];
  const tell = ({ group, artifact, version }: Coordinate) => {
    if (!artifact) return;
    const { value, start } = artifact;
    const names = group ? [`${group.value}:${value}`, value] : [value];
    found.push(...mention('maven', 'manifest', names, start, start + value.length, version));
  };
  for (const match of text.matchAll(TAG)) {
    const name = match[2]?.toLowerCase().replace(/^.*:/, '');
    if (name === undefined) continue;
    const isEnd = match[1] === '/';
    const after = match.index + match[0].length;
    const raw = match[3] ?? '';
    const attributes = raw === '' ? null : attributesOf(raw, match.index + 1 + (match[2] as string).length);
    const version = attributes?.get('version')?.value ?? attributes?.get('versionoverride')?.value ?? null;
    if (NUGET.has(name)) {
      const include = attributes?.get('include') ?? attributes?.get('update');
      if (include) {
        let at = include.start;
        for (const one of include.value.split(';')) {
          const own = at + (one.length - one.trimStart().length);
          found.push(...mention('nuget', 'manifest', [one.trim()], own, own + one.trim().length, version));
          at += one.length + 1;
        }
      }
    } else if (name === 'package' || (name === 'dependency' && attributes?.has('id'))) {
      const id = attributes?.get('id');
      if (id)
        found.push(
          ...mention('nuget', 'manifest', [id.value], id.start, id.start + id.value.length, version),
        );
    } else if (name === 'dependency' && attributes?.has('name') && attributes.has('org')) {
      const artifact = attributes.get('name') ?? null;
      tell({
        tag: name,
        group: attributes.get('org') ?? null,
        artifact,
        version: attributes.get('rev')?.value ?? null,
      });
    } else if (MAVEN.has(name)) {
      // One that is not closed, or began before the text, ends where the next one begins.
      const last = stack.findLastIndex(({ tag }) => tag === name || tag === '');
      while (last !== -1 && stack.length > last) tell(stack.pop() as Coordinate);
      if (!isEnd && match[4] !== '/' && stack.length < DEEPEST)
        stack.push({ tag: name, group: null, artifact: null, version: null });
    } else if (!isEnd && /^(?:groupid|artifactid|version)$/.test(name)) {
      AROUND.lastIndex = after;
      AROUND.test(text);
      CONTENT.lastIndex = AROUND.lastIndex;
      const content = CONTENT.exec(text)?.[1];
      if (content === undefined) continue;
      const place = {
        value: content,
        start: CONTENT.lastIndex - trailing(text, CONTENT.lastIndex) - content.length,
      };
      // A fragment may begin inside of a dependency.
      const open = stack.at(-1) ?? { tag: '', group: null, artifact: null, version: null };
      if (stack.length === 0) stack.push(open);
      if (name === 'groupid') open.group = place;
      else if (name === 'artifactid') open.artifact = place;
      else open.version = content;
    }
  }
  for (const open of stack) {
    tell(open);
    const { group, artifact, version } = open;
    if (artifact && (!group || version === null))
      undecided.push({ start: artifact.start, end: artifact.start + artifact.value.length });
  }
  UNFINISHED.lastIndex = text.lastIndexOf('<');
  if (UNFINISHED.test(text)) undecided.push({ start: text.lastIndexOf('<'), end: text.length });
  return found;
}

function trailing(text: string, end: number): number {
  let at = end;
  while (/\s/.test(text[at - 1] ?? '')) at--;
  return end - at;
}
