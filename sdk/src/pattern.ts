import { foldCase } from './fold.ts';
import { needlesOf } from './phrases.ts';
import { longestWay, readProgram } from './program.ts';
import { requiredIn } from './required.ts';
import type { RuleMatcher } from './rule.ts';
import { shapeWords } from './shape.ts';

/** A shorter string is in nearly every text. */
const USABLE = 2;

/**
 * What a text must contain for the matcher to hit: from every inner list at least one string. All strings are folded
 * by `foldCase`, to be looked for in the folded text, whether or not the matcher looks at case; those of phrases are
 * normalised by `normalize` (a text that phrases hit need not contain them as it stands). Null when there is no usable
 * string. Throws like the matcher itself for a pattern that is not RE2.
 */
export function requiredLiterals(matcher: RuleMatcher): string[][] | null {
  let lists = known.get(matcher);
  if (lists === undefined) {
    const found = listsOf(matcher)?.filter((list) => list.every((text) => text.length >= USABLE));
    lists = found && found.length > 0 ? found : null;
    known.set(matcher, lists);
  }
  return lists;
}

/** Lint, what a rule costs and the rule itself ask for the same. */
const known = new WeakMap<RuleMatcher, string[][] | null>();

function listsOf(matcher: RuleMatcher): string[][] | null {
  switch (matcher.kind) {
    case 're2': {
      const program = readProgram(matcher.pattern, matcher.ignoreCase);
      return program && requiredIn(program);
    }
    case 'literal':
      // Half a character may be found inside a whole one.
      return matcher.text.isWellFormed() ? [[foldCase(matcher.text)]] : null;
    case 'shape':
      return shapeWords(matcher.pattern).map((word) => [foldCase(word)]);
    case 'phrases':
      return [needlesOf(matcher.phrases)];
    case 'imports':
    case 'any':
      return null;
  }
}

/**
 * The longest text one match can cover, UTF-16 units; null where it has no end of its own. Characters that a pattern
 * only looks at (`^`, `$`, `\b`) are not counted. Throws for a pattern that is not RE2.
 */
export function maxMatchLength(matcher: RuleMatcher): number | null {
  if (matcher.kind === 'literal') return matcher.text.length;
  if (matcher.kind !== 're2') return null;
  let length = lengths.get(matcher);
  if (length === undefined) {
    const program = readProgram(matcher.pattern, matcher.ignoreCase);
    length = program && longestWay(program);
    lengths.set(matcher, length);
  }
  return length;
}

/** Every stream asks, of every rule in its scope. */
const lengths = new WeakMap<RuleMatcher, number | null>();
