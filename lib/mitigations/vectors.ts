import { AppError } from '#lib/errors';
import { maskedText } from '#lib/secrets/mask';
import { LIMITS, type RuleTests } from '#sdk/rule';
import { excerptAround } from './excerpt.ts';
import type { RuleDraft } from './schema.ts';
import { compileTrial, matcherField, type Trial, type TrialText } from './trial.ts';

type Vector = RuleTests['mustMatch'][number];
type GivenTests = { mustMatch?: Vector[] | undefined; mustNotMatch: Vector[] };

/** Few and short: every instance runs them at every load, and they travel with the rule. */
const AUTO_VECTORS = 5;
const AROUND = 300;

const refuse = (field: string, message: string) =>
  new AppError('invalid', message, { fields: { [field]: message } });

/**
 * Distinct excerpts of the examples that the rule would hit, each of which its matcher hits by itself. They travel to
 * every instance and stay in signed rulesets, so secrets are masked in them.
 */
export function proposeVectors({ spans, find }: Trial, examples: readonly TrialText[]): Vector[] {
  const vectors = new Map<string, Vector>();
  for (const example of examples) {
    if (vectors.size >= AUTO_VECTORS) break;
    const hit = spans(example)[0];
    if (!hit) continue;
    const whole = example[hit.target];
    const near = excerptAround(whole, hit.spans, AROUND).text;
    // An anchored pattern may need the text from its beginning.
    const text = [maskedText(near), maskedText(whole), near, whole].find(
      (candidate) => find(candidate, example.language).length > 0,
    );
    if (text === undefined || text.length > LIMITS.vectorLength) continue;
    vectors.set(text, { text, language: example.language.slice(0, 40) });
  }
  return [...vectors.values()];
}

/** What the rule was to leave alone and still does, whatever else it looks for now. */
export function stillLeftAlone({ find }: Pick<Trial, 'find'>, { mustNotMatch }: RuleTests): Vector[] {
  return mustNotMatch.filter(({ text, language }) => find(text, language).length === 0);
}

/** Which part of the rule lets no example through: without its condition or its scope it would hit some. */
function fieldInTheWay(draft: RuleDraft, examples: readonly TrialText[]): string {
  const hitsSome = (change: Partial<RuleDraft>) => {
    const trial = compileTrial({ ...draft, ...change });
    return examples.some((example) => trial.hits(example));
  };
  if (draft.when && hitsSome({ when: null })) return 'when';
  return hitsSome({ when: null, scope: {} }) ? 'scope' : matcherField(draft.matcher);
}

/**
 * The tests that travel with the rule, all of which it passes: what was given, or else taken from the incident's
 * linked interactions. Throws `invalid` with the field when the rule cannot run, hits none, or fails one.
 */
export function provenTests(
  draft: RuleDraft,
  trial: Trial,
  given: GivenTests | undefined,
  examples: readonly TrialText[],
  incidentRef: string,
): RuleTests {
  // What hits everything needs no text to show it, and may switch off what no linked interaction came through.
  const provesItself = draft.matcher.kind === 'any';
  if (given?.mustMatch?.length === 0 && !provesItself) {
    throw refuse('tests.mustMatch', 'Give at least one text that the rule must hit, or leave mustMatch out.');
  }
  const mustMatch = given?.mustMatch ?? proposeVectors(trial, examples);
  if (mustMatch.length === 0 && !provesItself) {
    throw refuse(
      examples.length === 0 ? 'tests.mustMatch' : fieldInTheWay(draft, examples),
      examples.length === 0
        ? `${incidentRef} has no linked interactions to test the rule on. Link one, or give tests.mustMatch.`
        : `Hits none of the ${examples.length} linked interactions of ${incidentRef} that were tried (${draft.target}, within scope and condition, secrets masked). To look for the form of a secret, give tests.mustMatch an example of your own.`,
    );
  }
  const { find } = trial;
  mustMatch.forEach(({ text, language }, index) => {
    if (find(text, language).length === 0) {
      throw refuse(`tests.mustMatch.${index}`, `The rule does not hit mustMatch ${index + 1}.`);
    }
  });
  const mustNotMatch = given?.mustNotMatch ?? [];
  mustNotMatch.forEach(({ text, language }, index) => {
    if (find(text, language).length > 0) {
      throw refuse(`tests.mustNotMatch.${index}`, `The rule hits mustNotMatch ${index + 1}.`);
    }
  });
  return { mustMatch, mustNotMatch };
}
