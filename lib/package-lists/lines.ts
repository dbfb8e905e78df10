import { ecosystemOf } from './ecosystem-words.ts';
import { isFieldWord } from './field-words.ts';
import { bareOf, readItem } from './item.ts';
import { isDefanged, isLink } from './links.ts';
import { isRefused, type Read, type Rows, type Said } from './list.ts';
import { readMarked } from './marked.ts';
import { isPurl } from './purl.ts';
import { versionsIn } from './version-words.ts';

/** A bullet, a number, or the branches of a tree. */
const BULLET =
  /^(?:[│├└┌┬─╰][│├└┌┬─╰\s]*\s|[|\s]*[+`\\]-{1,2}\s+|[-*+•‣◦–]\s+|\d{1,6}[.)]\s+)(?:\[[ xX]?\]\s+)?/u;
const COMMENT = /^\s*(?:#|\/\/|--\s|;)/;
const INLINE_COMMENT = /\s(?:#|\/\/).*$/;
const RULE = /^[\s|+:=_─-]*$/u;

export const isBullet = (line: string) => BULLET.test(line.trimStart());
export const isComment = (line: string) => COMMENT.test(line);
/** Nothing but the strokes that tables and headings are drawn with. */
export const isRule = (line: string) => RULE.test(line);

/** One line of a plain list; comments, blank lines and strokes say nothing. */
export function readLine(line: string, at: number, rows: Rows) {
  if (line.trim() === '' || COMMENT.test(line) || isRule(line)) return;
  const trimmed = line.trim();
  const bullet = BULLET.exec(trimmed)?.[0] ?? '';
  const text = trimmed.slice(bullet.length);
  const bare = isLink(text) || isPurl(text) ? text : text.replace(INLINE_COMMENT, '');
  const field = bullet === '' ? 'line' : 'bullet';
  const marked = readMarked(bare);
  if (marked) return rows.add(marked, field, at, line);
  if (/:\s*$/.test(bare)) return rows.refuse(at, line, 'a heading, not a package');
  const whole = readItem(bare);
  // `version: 1.2` of a record in YAML, where `kite: 1.2` is a package.
  if (!isRefused(whole) && isFieldWord(/^["']?([\w-]+)["']?:\s/.exec(bare)?.[1] ?? ''))
    return rows.refuse(at, line, 'a field of a record, not a package');
  if (!isRefused(whole)) return rows.add(whole, field, at, line);
  const pieces = readPieces(bare);
  if (!pieces) return rows.refuse(at, line, whole.why);
  for (const { read, text: piece } of pieces) rows.add(read, field, at, piece);
}

type Piece = { read: Read; text: string };

/** Several entries in one line; null where one of them shows that the line is a sentence. */
function readPieces(line: string): Piece[] | null {
  const cells = line
    .split(/[,;\t]/)
    .map(bareOf)
    .filter((cell) => cell !== '');
  const row = cells.length > 1 ? readCells(cells) : null;
  if (row) return [{ read: row, text: line }];
  const blanks = cells.length === 1 ? line.trim().split(/\s+/) : [];
  // Bare words in a line are a sentence as likely as names: each must show that it is a package.
  const words =
    blanks.length > 1 && blanks.every((word) => /^@[\w.-]+\/|.@\d|==\d|^pkg:/.test(bareOf(word)))
      ? blanks
      : cells;
  if (words.length < 2) return null;
  const pieces = words.map((text) => ({ text, read: readItem(text) }));
  return pieces.some(({ read, text }) => isRefused(read) && /\s/.test(bareOf(text))) ? null : pieces;
}

/** A row without a head, told by its cells: one name, and an ecosystem, versions or both. */
function readCells(cells: readonly string[]): Said | null {
  if (cells.length > 3) return null;
  const versions = cells.filter((cell) => /^[\s=<>~^v]*\d/.test(cell) && versionsIn(cell));
  const ecosystems = cells.filter((cell) => ecosystemOf(cell) && !versions.includes(cell));
  const [name, ...others] = cells.filter((cell) => !versions.includes(cell) && !ecosystems.includes(cell));
  if (name === undefined || others.length > 0 || versions.length > 1 || ecosystems.length > 1) return null;
  if (versions.length + ecosystems.length === 0) return null;
  const read = readItem(name);
  if (isRefused(read)) return null;
  const [version] = versions;
  const [ecosystem] = ecosystems;
  return {
    ...read,
    ...(ecosystem !== undefined && { ecosystem: ecosystemOf(ecosystem) }),
    ...(version !== undefined && { versions: versionsIn(version) ?? null }),
  };
}

/** Whether a list was made unclickable, as indicators of compromise are. */
export const hasDefanged = (lines: readonly string[]) => lines.some((line) => isDefanged(line.trim()));
