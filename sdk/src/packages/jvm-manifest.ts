import { mention } from './found.ts';
import type { PackageMention } from './mention.ts';

/** Dependencies by group and artifact: Gradle and its version catalogs, sbt, Mill, scala-cli, Grape, Bazel, Leiningen. */

const PART = String.raw`[\w-]{1,100}(?:\.[\w-]{1,100}){0,20}`;
const GAP = String.raw`\s{0,40}`;
const VALUE = '([^"\'\\n]{0,100})';
const quoted = (inside: string) => `(?:"${inside}"|'${inside}')`;

/** What begins or follows a dependency of Gradle; without one, coordinates are told by their form. */
const WORD =
  '(?:[iI]mplementation|[aA]pi|[cC]ompileOnly|[rR]untimeOnly|compile|kapt|ksp|classpath|[pP]rocessor|platform|@Grab|module|constraints)\\b';
const HAS_WORD = new RegExp(WORD);
const IN_CALL = new RegExp(`${WORD}[ \\t]{0,4}\\(\\s{0,40}["']$`);
/** So far from its word a coordinate may stand. */
const AROUND = 100;
/** `"org.acme:kite:1.0"`, also as one of a list in one string, and with Scala's `::`. */
const COORDINATE = new RegExp(
  String.raw`(?<=["'\x60,][ \t]{0,8})(${PART}):{1,3}([\w.-]{1,200})(?::{1,2}([^"'\x60\s:@,]{0,100}))?(?:[:@][^"'\x60\s,]{0,100})?(?=[ \t]{0,8}["'\x60,])`,
  'g',
);
/** `group: 'org.acme', name: 'kite'`, in any order, over lines, with `=` for `:`. */
const ENTRY = `(group|name|module|artifact|version|ext|classifier)${GAP}[:=]${GAP}${quoted(VALUE)}`;
const ONE = new RegExp(ENTRY, 'g');
const UNGROUPED = ENTRY.replaceAll('(group', '(?:group').replaceAll('([^', '(?:[^');
const ENTRIES = new RegExp(`(?<![\\w.])${UNGROUPED}(?:${GAP},${GAP}${UNGROUPED}){1,3}`, 'g');
/** `implementation("org.acme", "kite", "1.0")` of Kotlin, `maven.artifact("org.acme", "kite", "1.0")` of Bazel. */
const CALL = new RegExp(
  String.raw`(?:${WORD}|\bmaven\.artifact)${GAP}\(${GAP}${quoted(`(${PART})`)}${GAP},${GAP}${quoted(String.raw`([\w.-]{1,200})`)}(?:${GAP},${GAP}${quoted(VALUE)})?`,
  'g',
);
const SBT = new RegExp(
  String.raw`"(${PART})"${GAP}%{1,3}${GAP}"([\w.-]{1,200})"${GAP}%${GAP}(?:"([^"\n]{0,100})"|\w)`,
  'g',
);
const SCALA_CLI =
  /\/\/>\s{0,20}using\s{1,20}(?:test\.)?(?:deps?|lib)\s{1,20}"?([\w.-]{1,200}):{1,3}([\w.-]{1,200})(?::{1,2}([^"\s,]{1,100}))?/g;
/** `[org.acme/kite "1.0"]` of Leiningen, `org.acme/kite {:mvn/version "1.0"}` of deps.edn. */
const CLOJURE = new RegExp(
  String.raw`(?<![\w./-])(${PART})\/([\w.-]{1,200})\s{1,40}(?:"(\d[^"\n]{0,100})"|\{\s{0,40}:(?:mvn\/version\s{1,20}"([^"\n]{0,100})"|git\/|local\/))`,
  'g',
);
/** A plugin of Gradle: the artifact of its marker. */
const PLUGIN = new RegExp(
  String.raw`\bid${GAP}\(?${GAP}${quoted(`(${PART})`)}${GAP}\)?[ \t]{1,20}version[ \t(]{1,20}${quoted(VALUE)}`,
  'g',
);
const COMMENT = /(?:^|\n)[ \t]*(?:\/\/(?!>)|\*|#|;)[^\n]*$/;

/** The groups of alternatives of which only one is there. */
const given = (...groups: (string | undefined)[]) => groups.find((group) => group !== undefined);

export function readJvm(text: string): PackageMention[] {
  const found: PackageMention[] = [];
  const add = (
    { 0: whole, index }: RegExpExecArray,
    group = '',
    artifact = '',
    version: string | undefined = undefined,
    isWhole = false,
  ) => {
    const from = isWhole
      ? whole.indexOf(group)
      : whole.indexOf(artifact, whole.indexOf(group) + group.length);
    const length = isWhole
      ? whole.indexOf(artifact, from + group.length) + artifact.length - from
      : artifact.length;
    const start = index + from;
    const names = [`${group}:${artifact}`, artifact];
    found.push(...mention('maven', 'manifest', names, start, start + length, version ?? null));
  };
  const isComment = (at: number) => COMMENT.test(text.slice(Math.max(0, at - 200), at));
  for (const match of text.matchAll(COORDINATE)) {
    const { 1: group = '', 2: artifact = '', 3: version, index } = match;
    const end = index + match[0].length;
    const before = text.slice(Math.max(0, index - AROUND), index);
    const line = `${before.slice(before.lastIndexOf('\n') + 1)}${text.slice(index, end + AROUND).split('\n', 1)}`;
    const isGradle = HAS_WORD.test(line) || IN_CALL.test(before);
    const isDomain = group.includes('.');
    const isOne = isGradle
      ? /[A-Za-z]/.test(artifact) && (isDomain || !match[0].includes('::'))
      : isDomain && /^[\d[($]/.test(version ?? '');
    if (isOne && !isComment(index)) add(match, group, artifact, version, true);
  }
  for (const match of text.matchAll(ENTRIES)) {
    const entries = new Map<string, { value: string; at: number }>();
    for (const { 0: entry, 1: key = '', 2: double, 3: single, index } of match[0].matchAll(ONE)) {
      const value = double ?? single ?? '';
      entries.set(key, { value, at: match.index + index + entry.length - 1 - value.length });
    }
    const group = entries.get('group')?.value;
    const artifact = entries.get('artifact') ?? entries.get('module') ?? entries.get('name');
    if (group === undefined || !artifact || isComment(match.index)) continue;
    const before = text.slice(Math.max(0, match.index - AROUND), match.index);
    if (!group.includes('.') && !HAS_WORD.test(before) && !/\bgrab\b/i.test(before)) continue;
    const names = [`${group}:${artifact.value}`, artifact.value];
    const version = entries.get('version')?.value ?? null;
    found.push(
      ...mention('maven', 'manifest', names, artifact.at, artifact.at + artifact.value.length, version),
    );
  }
  for (const match of text.matchAll(CALL))
    if (!isComment(match.index))
      add(match, given(match[1], match[2]), given(match[3], match[4]), given(match[5], match[6]));
  for (const match of text.matchAll(SBT))
    if (!isComment(match.index)) add(match, match[1], match[2], match[3]);
  for (const match of text.matchAll(SCALA_CLI)) add(match, match[1], match[2], match[3], true);
  for (const match of text.matchAll(CLOJURE))
    if (!isComment(match.index)) add(match, match[1], match[2], given(match[3], match[4]), true);
  for (const match of text.matchAll(PLUGIN)) {
    const id = given(match[1], match[2]) ?? '';
    const start = match.index + match[0].indexOf(id, 2);
    const names = [`${id}:${id}.gradle.plugin`, id];
    const version = given(match[3], match[4]) ?? null;
    if (!isComment(match.index))
      found.push(...mention('maven', 'manifest', names, start, start + id.length, version));
  }
  return found;
}
