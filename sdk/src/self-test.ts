import { budgetFor } from './cost.ts';
import { HARMLESS } from './harmless.ts';
import { runVectors } from './lint.ts';
import { Subject } from './match.ts';
import type { Rule } from './rule.ts';
import type { CachedRule } from './rule-cache.ts';
import { workFor } from './work.ts';

/** The quickest of so many runs counts: what other work the process has is not the rule's doing. */
const RUNS = 5;
/**
 * Whether a rule works here and now, tried on its own vectors and on plainly harmless texts: texts that nobody outside
 * wrote, so nobody outside can make it fail. Answers what is wrong as a sentence, null where nothing is. Must not throw.
 */
export function selfTest(rule: Rule, compile: (rule: Rule) => CachedRule): string | null {
  try {
    const compiled = compile(rule);
    const [failure] = runVectors(rule, compiled.find);
    if (failure !== undefined) return `It fails its own tests. ${failure}`;
    const slow = HARMLESS.filter((text) => quickest(compiled, text) > budgetFor(rule, text.length)).length;
    if (!rule.breaker || slow <= HARMLESS.length / 2) return null;
    return `It takes longer than its ${rule.breaker.budgetMs} ms for ${slow} of ${HARMLESS.length} plainly harmless texts.`;
  } catch (error) {
    return `It fails on texts of its own: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Milliseconds. */
function quickest({ test }: CachedRule, text: string): number {
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS; run++) {
    const subject = new Subject(text);
    const start = performance.now();
    test(subject, () => null, { units: 0, most: workFor(text.length) });
    least = Math.min(least, performance.now() - start);
  }
  return least;
}
