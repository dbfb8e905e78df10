import { compileRe2 } from './match.ts';
import { requiredLiterals } from './pattern.ts';
import { SHORT, soughtIn } from './required.ts';
import { LIMITS, type Rule } from './rule.ts';

/**
 * What a rule may cost at most on a text that it does not hit, in units of about a microsecond per 2 KB: what people
 * see before they publish. Known from the rule alone.
 */
interface Cost {
  units: number;
  /** One sentence. */
  why: string;
}

/** Static and deterministic. A pattern that is not RE2 costs the limit; `lintRule` says why it must not run. */
export function costOf({ matcher, when }: Pick<Rule, 'matcher' | 'when'>): Cost {
  const { units, why } = matcherCost(matcher);
  return when === null ? { units, why } : { units: units + 2, why: `${why} Its condition is asked first.` };
}

function matcherCost(matcher: Rule['matcher']): Cost {
  switch (matcher.kind) {
    case 'any':
      return { units: 0, why: 'No text is read.' };
    case 'imports':
      return { units: 1, why: 'All lists of packages are looked up at once, whatever their length.' };
    case 'phrases':
      return { units: 1, why: 'All phrases are looked for in one pass.' };
    case 'literal':
      return matcher.text.length >= SHORT && matcher.text.isWellFormed()
        ? { units: 1, why: 'All literals are looked for in one pass.' }
        : { units: 2, why: 'So short a literal is looked for by itself.' };
    case 'shape':
      return { units: 10, why: 'Code is parsed where the words of the shape are present.' };
    case 're2':
      return patternCost(matcher);
  }
}

function patternCost(matcher: Extract<Rule['matcher'], { kind: 're2' }>): Cost {
  let size: number;
  let lists: string[][] | null;
  try {
    size = compileRe2(matcher.pattern, matcher.ignoreCase).programSize();
    lists = requiredLiterals(matcher);
  } catch {
    return { units: LIMITS.costUnits, why: 'The pattern is not valid RE2.' };
  }
  const large = Math.ceil(size / 500);
  const list = soughtIn(lists);
  if (!list) {
    return {
      units: 20 + 10 * large,
      why: `The pattern requires no string of ${SHORT} characters, so it runs over every text in its scope.`,
    };
  }
  const named = list.slice(0, 3).map((text) => JSON.stringify(text));
  const more = list.length > named.length ? ` and ${list.length - named.length} more` : '';
  return { units: 1 + large, why: `It runs only where the text has ${named.join(' or ')}${more}.` };
}

/** Characters that a rule's budget is for; a longer text has as much more. */
const BUDGET_TEXT = 16_384;

/** Milliseconds that one evaluation of a text of `length` characters may take; 0 where nothing is said. */
export const budgetFor = ({ breaker }: Rule, length: number) =>
  (breaker?.budgetMs ?? 0) * Math.max(1, length / BUDGET_TEXT);
