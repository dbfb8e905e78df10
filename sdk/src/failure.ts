import type { Decision, DecisionRequest, RuleHit } from './decision.ts';
import type { FailMode, Rule } from './rule.ts';
import { isInScope, shapesOf } from './scope-shape.ts';

const STRENGTH: readonly FailMode[] = ['open', 'require_review', 'closed'];

/**
 * The decision when deciding itself has failed: the strictest `fail.onError` of the enforced rules that name such a
 * request in their scope. Must not throw.
 */
export function failedDecision(
  rules: readonly Rule[],
  request: DecisionRequest,
  seq: number,
  demoted: ReadonlySet<string>,
): Decision {
  const shapes = shapesOf(request);
  let strictest: Rule | undefined;
  for (const rule of rules) {
    if (rule.mode !== 'enforce' || demoted.has(rule.id) || !isInScope(rule, shapes)) continue;
    const strength = STRENGTH.indexOf(rule.fail.onError);
    if (strength > STRENGTH.indexOf(strictest?.fail.onError ?? 'open')) strictest = rule;
  }
  if (!strictest) return { verdict: 'allow', rules: [], seq };
  const { id, ref, mode, target, fail, parameters } = strictest;
  const action = fail.onError === 'closed' ? 'block' : 'require_review';
  const hit: RuleHit = { id, ref, action, mode, target };
  const message = action === 'block' && parameters.text !== undefined ? { message: parameters.text } : {};
  return { verdict: action, rules: [hit], seq, ...message };
}
