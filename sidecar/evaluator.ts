import { errorFields, log } from '#lib/log';
import type { Decision, DecisionRequest, Sampling } from '#sdk/decision';
import type { Guard } from '#sdk/guard';
import type { ToolInput } from '#sdk/integrations/answer-texts';
import { decideAnswer } from '#sdk/integrations/decide-answer';
import {
  type Context,
  decidePrompt,
  holdsTooDeep,
  type OnUnreadable,
  type PromptText,
  STOPPED,
  unreadableWords,
} from '#sdk/integrations/exchange';

export type Phase = 'request' | 'response';

/** What to do where there is no ruleset, or where deciding failed. */
export type FailMode = 'open' | 'closed';

/** One question in the words that all contracts have in common. */
export interface Question {
  phase: Phase;
  identity: Context;
  texts: readonly PromptText[];
  /** What an answer's tools would be called with; it passes as it is or not at all. */
  calls?: readonly ToolInput[];
  /** Fields of the request that could not be read. */
  unread?: readonly string[];
}

/** Why an answer could not be trusted fully; it travels in `x-stopgap-degraded`. */
export type Degraded = 'no-ruleset' | 'stale' | 'error';

/** `unread` names the fields that nobody could read. */
export type Outcome = { degraded: Degraded | null; decisions: Decision[]; unread?: readonly string[] } & (
  | { kind: 'pass'; sampling?: Sampling }
  | { kind: 'block'; reason: string }
  /** As many texts as were asked about, in their order. */
  | { kind: 'rewrite'; texts: string[]; sampling?: Sampling }
);

export interface Evaluator {
  /** One decision, as `POST /v1/decide` answers it. */
  decide(request: DecisionRequest): { decision: Decision; degraded: Degraded | null };
  /** The texts of one call: a prompt is decided as one, every answer by itself. Never throws. */
  check(question: Question): Outcome;
  /** The outcome for what cannot be read, by the fail mode. */
  unreadable(): Outcome;
  /** Runs what may throw; then, or while everything is refused, answers by the fail mode instead. */
  attempt<T>(run: () => T): { value: T } | { outcome: Outcome };
  degraded(): Degraded | null;
  /** The decision for everything while there is no ruleset and this sidecar fails closed; else null. */
  refusal(): Decision | null;
}

const NO_RULESET = 'No ruleset has reached this sidecar yet, and it is set to fail closed.';
const FAILED = 'The rules could not be applied, and this sidecar is set to fail closed.';

/** The one place where rules are applied for other languages; adapters only translate to and from it. */
export function createEvaluator(
  guard: Guard,
  fail: FailMode,
  onUnreadable: OnUnreadable = 'count',
): Evaluator {
  const degraded = (): Degraded | null => {
    const { seq, state } = guard.status();
    if (seq === 0) return 'no-ruleset';
    return state === 'stale' ? 'stale' : null;
  };
  const closed = (message: string): Decision => ({ verdict: 'block', rules: [], message, seq: 0 });

  const refusal = () => (fail === 'closed' && degraded() === 'no-ruleset' ? closed(NO_RULESET) : null);

  /** Null where there is a ruleset, or where none is needed. */
  const notReady = (): Outcome | null => {
    const refused = refusal();
    return refused && { kind: 'block', reason: NO_RULESET, degraded: 'no-ruleset', decisions: [refused] };
  };
  const failed = (): Outcome =>
    fail === 'closed'
      ? { kind: 'block', reason: FAILED, degraded: 'error', decisions: [closed(FAILED)] }
      : { kind: 'pass', degraded: 'error', decisions: [] };
  const unreadable = () => notReady() ?? failed();

  const attempt = <T>(run: () => T): { value: T } | { outcome: Outcome } => {
    const outcome = notReady();
    if (outcome) return { outcome };
    try {
      return { value: run() };
    } catch (error) {
      log('error', 'sidecar: deciding failed', errorFields(error));
      return { outcome: failed() };
    }
  };

  const check = (question: Question): Outcome => {
    const state = degraded();
    const attempted = attempt(() =>
      question.phase === 'request'
        ? checkPrompt(guard, question, onUnreadable)
        : checkAnswers(guard, question),
    );
    return 'value' in attempted ? { ...attempted.value, degraded: state } : attempted.outcome;
  };

  return {
    degraded,
    refusal,
    check,
    unreadable,
    attempt,
    decide: (request) => {
      const state = degraded();
      const attempted = attempt(() =>
        guard.decide(request.prompt || request.completion ? request : { ...request, prompt: WORDLESS }, {
          json: true,
        }),
      );
      if ('value' in attempted) return { decision: attempted.value, degraded: state };
      const [decision = OPEN] = attempted.outcome.decisions;
      return { decision, degraded: attempted.outcome.degraded };
    },
  };
}

/** Stands for a request without words: a rule that switches a model off needs none. */
const WORDLESS = ' ';
const OPEN: Decision = { verdict: 'allow', rules: [], seq: 0 };

type Checked = Outcome extends infer O ? (O extends unknown ? Omit<O, 'degraded'> : never) : never;

function checkPrompt(
  guard: Guard,
  { identity, texts, unread: given = [] }: Question,
  onUnreadable: OnUnreadable,
): Checked {
  const isWordless = texts.every(({ text }) => text === '');
  const outcome = decidePrompt(guard, identity, isWordless ? [{ text: WORDLESS }] : texts);
  const unread = outcome.isTooDeep ? [...given, 'json'] : given;
  const known = { decisions: [outcome.decision], unread };
  if (outcome.blocked) return { kind: 'block', reason: outcome.message, ...known };
  // A rule that replaces the answer does so before there is one: the model is not asked.
  if (outcome.decision.verdict === 'replace') {
    return { kind: 'block', reason: outcome.decision.text ?? STOPPED, ...known };
  }
  if (unread.length > 0 && onUnreadable === 'refuse') {
    return { kind: 'block', reason: unreadableWords(unread), ...known };
  }
  const sampling = outcome.sampling && { sampling: outcome.sampling };
  const changed = !isWordless && outcome.texts.some((text, index) => text !== texts[index]?.text);
  return changed
    ? { kind: 'rewrite', texts: outcome.texts, ...known, ...sampling }
    : { kind: 'pass', ...known, ...sampling };
}

function checkAnswers(guard: Guard, { identity, texts, calls = [] }: Question): Checked {
  const outcome = decideAnswer(guard, identity, texts, calls);
  const isTooDeep = [...texts.map(({ text }) => text), ...calls.map(({ input }) => input)].some((text) =>
    holdsTooDeep(text),
  );
  const known = { decisions: outcome.decisions, unread: isTooDeep ? ['json'] : [] };
  if (outcome.blocked) return { kind: 'block', reason: outcome.message, ...known };
  return outcome.texts.some((text, index) => text !== texts[index]?.text)
    ? { kind: 'rewrite', texts: outcome.texts, ...known }
    : { kind: 'pass', ...known };
}
