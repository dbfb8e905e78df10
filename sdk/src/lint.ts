import { costOf } from './cost.ts';
import { HARMLESS, HARMLESS_HITS_MAX } from './harmless.ts';
import { compileRe2, Subject, type SubjectMatcher, subjectMatcher } from './match.ts';
import { needlesOf } from './phrases.ts';
import { LIMITS, type Rule } from './rule.ts';
import type { RuleBody } from './rule-cache.ts';
import { shapeProblem } from './shape.ts';
import { whenProblem } from './when.ts';

export { costOf };

/** Every pair of neighbours that `^`, `$`, `\b` and `\B` can tell apart. */
const EMPTY_PROBE = 'aa  a\n\n a\na \n  \n';

/** What other expressions have and RE2 has not: its parser takes these for names of groups or loops of loops. */
const LACKS: readonly (readonly [RegExp, string])[] = [
  [/\(\?<?[=!]/, 'it has no look-ahead and no look-behind'],
  [/\(\?>|[*+?}]\+/, 'it has no atomic groups and no possessive loops'],
  [/\\[1-9]|\\k</, 'it has no back-references'],
];

function lintPattern(pattern: string, ignoreCase: boolean): string[] {
  let re: ReturnType<typeof compileRe2>;
  try {
    re = compileRe2(pattern, ignoreCase);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const lack = LACKS.find(([sign]) => sign.test(pattern))?.[1];
    return [`The pattern is not valid RE2: ${lack ?? reason}.`];
  }
  const problems: string[] = [];
  if (re.programSize() > LIMITS.programSize) {
    problems.push(
      `The pattern costs ${re.programSize()} RE2 instructions; the limit is ${LIMITS.programSize}.`,
    );
  }
  if (re.test('')) return [...problems, 'The pattern matches the empty string, so it would hit every text.'];
  const matcher = re.matcher(EMPTY_PROBE);
  while (matcher.find()) {
    if (matcher.start() !== matcher.end()) continue;
    problems.push('The pattern can match a place without any text, such as a word boundary.');
    break;
  }
  return problems;
}

function lintMatcher(matcher: Rule['matcher']): string[] {
  switch (matcher.kind) {
    case 're2':
      return lintPattern(matcher.pattern, matcher.ignoreCase);
    case 'phrases':
      return matcher.phrases
        .filter((phrase) => needlesOf([phrase]).length === 0)
        .slice(0, 1)
        .map((phrase) => `The phrase ${excerpt(phrase)} has no visible character, so it would never hit.`);
    case 'shape': {
      const problem = shapeProblem(matcher.pattern, matcher.language);
      return problem === null ? [] : [problem];
    }
    case 'literal':
    case 'imports':
    case 'any':
      return [];
  }
}

/** Where the text has nothing of the rule it must cost next to nothing: a slow rule is slow for every request. */
function lintCost(rule: Pick<Rule, 'matcher' | 'when'>): string[] {
  const { units, why } = costOf(rule);
  if (units <= LIMITS.costUnits) return [];
  return [`The rule costs ${units} units; the limit is ${LIMITS.costUnits}. ${why}`];
}

/** Read once: what their packages and their normalised texts are is the same for every rule. */
let harmless: readonly Subject[] | undefined;

/** A matcher that hits much of what is plainly harmless does not tell harm from the rest. */
function lintReach(matcher: Rule['matcher']): string[] {
  if (matcher.kind === 'any' || matcher.kind === 'shape') return [];
  const find = subjectMatcher(matcher);
  harmless ??= HARMLESS.map((text) => new Subject(text));
  const hits = harmless.filter((subject) => find(subject, 1).length > 0).length;
  if (hits <= HARMLESS_HITS_MAX) return [];
  return [
    `It hits ${hits} of ${HARMLESS.length} plainly harmless texts; at most ${HARMLESS_HITS_MAX} may be hit. For everything within a scope choose Everything (the kind "any").`,
  ];
}

/** Why a rule must not run, as plain sentences; empty when nothing speaks against it. */
export function lintRule(rule: RuleBody): string[] {
  const { matcher, action, parameters } = rule;
  const problems = lintMatcher(matcher);
  if (problems.length === 0) problems.push(...lintCost(rule), ...lintReach(matcher));
  if (matcher.kind === 'any' && action === 'redact') {
    problems.push('A rule that hits everything cannot redact: nothing would be left. Use block or disable.');
  }
  if (matcher.kind === 'any' && action === 'drop') {
    problems.push('A rule that hits everything cannot drop candidates: none would be left. Use disable.');
  }
  if ((action === 'replace' || action === 'warn') && parameters.text === undefined) {
    problems.push(
      `The action ${action} needs a text to ${action === 'warn' ? 'warn with' : 'serve instead'}.`,
    );
  }
  const { temperature, topP, candidates } = parameters.sampling ?? {};
  if (action === 'sampling' && !temperature && !topP && !candidates) {
    problems.push('The action sampling needs at least one parameter to set or cap.');
  }
  if (rule.when !== null) {
    const problem = whenProblem(rule.when);
    if (problem !== null) problems.push(problem);
  }
  return problems;
}

const excerpt = (text: string) => JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);

/** Runs the rule's own test vectors; each failure is one plain sentence. Throws when the pattern does not compile. */
export function runVectors(rule: RuleBody, find: SubjectMatcher = subjectMatcher(rule.matcher)): string[] {
  const hit = (text: string, language?: string) => find(new Subject(text, language), 1).length > 0;
  const failures: string[] = [];
  if (rule.tests.mustMatch.length === 0 && rule.matcher.kind !== 'any') {
    failures.push('The rule has no vector in mustMatch, so nothing shows that it works.');
  }
  rule.tests.mustMatch.forEach(({ text, language }, index) => {
    if (!hit(text, language)) failures.push(`Vector mustMatch ${index + 1} is not hit: ${excerpt(text)}.`);
  });
  rule.tests.mustNotMatch.forEach(({ text, language }, index) => {
    if (hit(text, language)) failures.push(`Vector mustNotMatch ${index + 1} is hit: ${excerpt(text)}.`);
  });
  return failures;
}
