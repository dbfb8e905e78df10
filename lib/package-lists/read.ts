import { readItem } from './item.ts';
import { readJson } from './json.ts';
import { jsonValues } from './json-values.ts';
import { hasDefanged, isBullet, isComment, isRule, readLine } from './lines.ts';
import { isRefused, type PackageList, Rows } from './list.ts';
import { isRequirements, LOCK_FILES, requirementLines } from './lock-files.ts';
import { beginsDrawn, dialectOf, readDrawn, readSeparated } from './table.ts';

/**
 * Reads a list of packages as it is published: advisories (OSV, GitHub), inventories (CycloneDX, SPDX), package URLs,
 * tables, lock files, requirements, Markdown, indicators and plain lines. What a text is, is told by its form; what no
 * form explains is answered as not understood with its line and the reason, never guessed. Pure; linear in the text.
 */
export function readPackageList(text: string): PackageList {
  const json = jsonValues(text);
  if (json) return readJson(json);
  const lines = text.split(/\r\n|\r|\n/);
  const rows = new Rows();
  const literals = literalsIn(text);
  if (literals) {
    for (const { text: item, line } of literals) rows.add(readItem(item), 'list', line, item);
    return rows.as('a list in quotes');
  }
  const lock = LOCK_FILES.find(({ is }) => is(text));
  if (lock) {
    lock.read(lines, rows);
    return rows.as(lock.form);
  }
  const dialect = dialectOf(lines);
  if (dialect) {
    readSeparated(lines, dialect, rows);
    return rows.as('a table of separated values');
  }
  if (isRequirements(text)) {
    for (const { text: item, line } of requirementLines(lines)) {
      const read = readItem(item);
      rows.add(isRefused(read) ? read : { ...read, ecosystem: 'pypi' }, 'requirement', line, item);
    }
    return rows.as('a requirements file');
  }
  return rows.as(readLines(lines, rows));
}

/** `['a', "b@1"]` as programs and logs write it, which is no JSON; null for anything else. */
function literalsIn(text: string): { text: string; line: number }[] | null {
  if (!/^\s*[[({]\s*['"`]/.test(text)) return null;
  const found: { text: string; line: number }[] = [];
  const piece = /[\s,[\](){};]+|(?:#|\/\/)[^\n]*|(?<sign>['"`])(?<item>[^'"`\n]*)\k<sign>/gy;
  let [line, at] = [1, 0];
  for (let next = piece.exec(text); next; next = piece.exec(text)) {
    if (next.groups?.item) found.push({ text: next.groups.item, line });
    line += next[0].split('\n').length - 1;
    at = piece.lastIndex;
  }
  return at === text.length && found.length > 0 ? found : null;
}

function readLines(lines: readonly string[], rows: Rows): string {
  let [drawn, bullets] = [0, 0];
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] ?? '';
    if (beginsDrawn(lines, at)) {
      drawn += 1;
      at = readDrawn(lines, at, rows);
      continue;
    }
    if (isBullet(line)) bullets += 1;
    // A head of a list of one column, or one that is underlined.
    if (isHead(lines, at)) rows.refuse(at + 1, line, 'looks like the head of the list, not a package');
    else readLine(line, at + 1, rows);
    at += 1;
  }
  if (drawn > 0) return 'a table';
  if (hasDefanged(lines)) return 'a list of indicators';
  return bullets > 0 ? 'a bulleted list' : 'one package a line';
}

const HEAD =
  /^\ufeff?["']?(?:packages?|names?|modules?|librar(?:y|ies)|package[ _-]names?|purls?|indicators?|iocs?)["']?:?\s*$/i;

function isHead(lines: readonly string[], at: number): boolean {
  const line = lines[at] ?? '';
  if (
    /^-{2,}(?:\s+-{2,})+\s*$|^={3,}\s*$|^-{3,}\s*$/.test(lines[at + 1] ?? '') &&
    line.trim() !== '' &&
    !isRule(line)
  )
    return true;
  return (
    HEAD.test(line) &&
    lines.slice(0, at).every((before) => before.trim() === '' || isComment(before)) &&
    lines.slice(at + 1, at + 50).some((after) => after.trim() !== '')
  );
}
