import type { Decision, Hit, RuleHit, Verdict } from './decision.ts';
import type { FailMode, Rule } from './rule.ts';

// What a hit, or a rule that failed, means for the answer: asked here by the engine, by streams, by what counts hits and
// by the pages. The Rego policy gets the same tables as data (feed/opa/rules.ts).

type Action = Rule['action'];

/** The verdict that each action makes, strongest first; what is not listed changes no verdict. */
export const VERDICTS: readonly (readonly [Action, Verdict])[] = [
  ['block', 'block'],
  ['disable', 'block'],
  // One answer alone is the only candidate there is.
  ['drop', 'block'],
  ['replace', 'replace'],
  ['redact', 'redact'],
  ['warn', 'warn'],
  ['require_review', 'require_review'],
  ['flag', 'flag'],
];
const VERDICT_OF: ReadonlyMap<Action, Verdict> = new Map(VERDICTS);

/** What a failed rule does instead of its own action; one that fails open does nothing. */
export const FAIL_ACTIONS = {
  open: null,
  require_review: 'require_review',
  closed: 'block',
} as const satisfies Record<FailMode, Action | null>;

/** What a user reads where the rule that stopped an answer says nothing itself. */
export const HELD_BACK = 'This answer was held back by a safety rule.';
const SWITCHED_OFF = 'This model or feature is switched off for the moment.';

/** What a user reads of a hit with this action, without words of its own; undefined where nothing is to be read. */
export const DEFAULT_WORDS: Readonly<Partial<Record<Action, string>>> = {
  block: HELD_BACK,
  disable: SWITCHED_OFF,
  drop: HELD_BACK,
  replace: HELD_BACK,
};

/**
 * What a rule does when it could not judge, or its ruleset is too old; null for nothing. It speaks in its own words only
 * where those are about a refusal: a replacement or a warning is not what a blocked user may read.
 */
export function whenItFails(
  { action, parameters }: Pick<Rule, 'action' | 'parameters'>,
  mode: FailMode,
): Pick<Hit, 'action' | 'parameters'> | null {
  const instead = FAIL_ACTIONS[mode];
  if (instead === null) return null;
  const { text } = parameters;
  const isRefusal = instead === 'block' && VERDICT_OF.get(action) === 'block';
  return { action: instead, parameters: isRefusal && text !== undefined ? { text } : {} };
}

/** What an enforced hit with this action makes of the answer; `allow` where it changes no verdict. */
const verdictOf = (action: Action): Verdict => VERDICT_OF.get(action) ?? 'allow';

/** What a user reads of a hit, where there is anything to read. */
export const wordsOf = ({ action, parameters }: Pick<Hit, 'action' | 'parameters'>): string | undefined =>
  parameters.text ?? DEFAULT_WORDS[action];

/** What stands between what a reader has got so far and the words of a rule: they are a paragraph of their own. */
export const breakAfter = (before: string): string => (before === '' ? '' : '\n\n');

/** Whether a rule with this action ever changes what a user gets; one that does not is only told of. */
export const canChangeAnswer = (action: Action): boolean => action !== 'flag' && action !== 'require_review';

/** Whether an action leaves nobody an answer of the model: it is stopped, or another text stands in for it. */
export function stopsAnswer(action: Action): boolean {
  const verdict = verdictOf(action);
  return verdict === 'block' || verdict === 'replace';
}

/** Whether a rule does nothing where it hits but count: no answer changes and nobody is asked for anything. */
export const onlyCounts = ({ mode, action }: Pick<Rule, 'mode' | 'action'>): boolean =>
  mode === 'shadow' || action === 'flag';

/** Whether a hit is why the answer is as it is: what is counted as acted on. */
export function changedAnswer({ mode, action }: RuleHit, { verdict, sampling }: Decision): boolean {
  if (mode !== 'enforce') return false;
  if (action === 'sampling') return sampling !== undefined;
  return action === 'demote' || verdictOf(action) === verdict;
}
