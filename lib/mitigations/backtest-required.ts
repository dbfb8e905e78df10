import type { Required } from '#lib/search/candidates';
import { normalize } from '#sdk/phrases';
import type { RuleMatcher } from '#sdk/rule';
import { shapeWords } from '#sdk/shape';

/** Strings that a text which the matcher hits must have, in whatever case; null where nothing can be said. */
export function requiredOf(matcher: RuleMatcher): Required | null {
  switch (matcher.kind) {
    case 'literal':
      return [[matcher.text]];
    case 'shape':
      return shapeWords(matcher.pattern).map((word) => [word]);
    case 'phrases': {
      const needles = matcher.phrases.map((phrase) => normalize(phrase).text.trim());
      if (needles.length === 1) return [[needles[0] ?? '']];
      return [needles];
    }
    case 're2':
    case 'imports':
    case 'any':
      return null;
  }
}
