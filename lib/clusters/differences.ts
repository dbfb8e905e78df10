import { type Token, tokenise } from './tokenise.ts';

const DIFFERENCE_KINDS = ['package', 'host', 'number', 'string', 'name', 'code'] as const;
type DifferenceKind = (typeof DIFFERENCE_KINDS)[number];

/**
 * Tokens of one kind that only one of two texts has, in the order in which they stand. `isCut`: there are more, or one is
 * longer, than is told here: only the text says all.
 */
export type Difference = { kind: DifferenceKind; without: string[]; with: string[]; isCut?: true };

/** Tokens of one kind and side that are told. */
const TOLD = 8;
const TOLD_CHARS = 80;
/** Cells of the table of the longest common subsequence; what is larger is compared as two bags of tokens. */
const MAX_CELLS = 400_000;

const HOST =
  /^["'`]?(?:[a-z+]+:\/\/|(?:\d{1,3}\.){3}\d{1,3}\b|(?:[a-z\d-]+\.)+(?:com|net|org|io|dev|ru|cn|xyz|example|test)\b)/i;

/** A representative, cut up once for all members that are compared with it. */
type Reference = { tokens: Token[]; packages: ReadonlySet<string> };

export function referenceOf(text: string, language: string, features: readonly string[]): Reference {
  return { tokens: tokenise(text, language), packages: packagesOf(features) };
}

/** What differs between the representative and a member: only those tokens, by what they are. Texts as shown: masked. */
export function differences(
  reference: Reference,
  text: string,
  language: string,
  features: readonly string[],
): Difference[] {
  const tokens = tokenise(text, language);
  const { without, only } = diff(reference.tokens, tokens);
  const packages = new Set([...reference.packages, ...packagesOf(features)]);
  const found = new Map<DifferenceKind, Difference>();
  const add = (token: Token, side: 'without' | 'with') => {
    const kind = kindOf(token, packages);
    const entry = found.get(kind) ?? { kind, without: [], with: [] };
    const isLong = token.text.length > TOLD_CHARS;
    const shown = isLong ? `${token.text.slice(0, TOLD_CHARS)}…` : token.text;
    if (isLong) entry.isCut = true;
    if (!entry[side].includes(shown)) {
      if (entry[side].length < TOLD) entry[side].push(shown);
      else entry.isCut = true;
    }
    found.set(kind, entry);
  };
  for (const token of without) add(token, 'without');
  for (const token of only) add(token, 'with');
  return DIFFERENCE_KINDS.flatMap((kind) => found.get(kind) ?? []);
}

function packagesOf(features: readonly string[]): Set<string> {
  const names = features
    .filter((feature) => feature.startsWith('package:'))
    .map((feature) => feature.slice('package:'.length));
  return new Set(names.flatMap((name) => [name, ...name.split(/[./\\:-]/)]));
}

function kindOf(token: Token, packages: ReadonlySet<string>): DifferenceKind {
  if (token.kind === 'number') return 'number';
  if (token.kind === 'string') {
    const inner = token.text.replace(/^["'`]|["'`]$/g, '');
    if (packages.has(inner)) return 'package';
    return HOST.test(token.text) ? 'host' : 'string';
  }
  if (packages.has(token.text)) return 'package';
  return token.kind === 'name' ? 'name' : 'code';
}

function diff(before: readonly Token[], after: readonly Token[]): { without: Token[]; only: Token[] } {
  let start = 0;
  while (start < before.length && start < after.length && same(before[start], after[start])) start += 1;
  let end = 0;
  while (
    end < Math.min(before.length, after.length) - start &&
    same(before[before.length - 1 - end], after[after.length - 1 - end])
  ) {
    end += 1;
  }
  const left = before.slice(start, before.length - end);
  const right = after.slice(start, after.length - end);
  return left.length * right.length <= MAX_CELLS ? subsequence(left, right) : bags(left, right);
}

function same(one: Token | undefined, other: Token | undefined): boolean {
  return one?.text === other?.text;
}

/** What is left beside a longest common subsequence. */
function subsequence(left: readonly Token[], right: readonly Token[]) {
  const width = right.length + 1;
  const lengths = new Uint16Array((left.length + 1) * width);
  const at = (row: number, column: number) => lengths[row * width + column] ?? 0;
  for (let row = left.length - 1; row >= 0; row--) {
    for (let column = right.length - 1; column >= 0; column--) {
      lengths[row * width + column] = same(left[row], right[column])
        ? at(row + 1, column + 1) + 1
        : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const without: Token[] = [];
  const only: Token[] = [];
  let row = 0;
  let column = 0;
  while (row < left.length || column < right.length) {
    const one = left[row];
    const other = right[column];
    if (one && other && same(one, other)) {
      row += 1;
      column += 1;
    } else if (one && (!other || at(row + 1, column) >= at(row, column + 1))) {
      without.push(one);
      row += 1;
    } else if (other) {
      only.push(other);
      column += 1;
    }
  }
  return { without, only };
}

function bags(left: readonly Token[], right: readonly Token[]) {
  const [inLeft, inRight] = [left, right].map((side) => new Set(side.map(({ text }) => text)));
  return {
    without: left.filter(({ text }) => !inRight?.has(text)),
    only: right.filter(({ text }) => !inLeft?.has(text)),
  };
}
