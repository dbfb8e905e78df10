import type { Decision, DecisionRequest } from './decision.ts';

export interface RankResult {
  /** Indexes of the candidates that may be served, best first: as they came, those that a rule demotes last. */
  order: number[];
  /** Candidates that a rule drops or blocks, with the references of the rules. */
  dropped: { index: number; rules: string[] }[];
  /** One for each candidate, in the order in which they came. */
  decisions: Decision[];
  /** That of the candidate to serve; when none is left, a block. */
  decision: Decision;
}

const NOTHING: Decision = { verdict: 'allow', rules: [], seq: 0 };

/** Ranks candidates by what `decide` says of each. Stable. */
export function rank(
  candidates: readonly string[],
  context: DecisionRequest,
  decide: (request: DecisionRequest) => Decision,
): RankResult {
  const decisions = candidates.map((completion) => decide({ ...context, completion }));
  const first: number[] = [];
  const last: number[] = [];
  const dropped: RankResult['dropped'] = [];
  decisions.forEach((decision, index) => {
    const enforced = decision.rules.filter(({ mode }) => mode === 'enforce');
    if (decision.verdict === 'block') {
      const rules = enforced.filter(({ action }) => ['block', 'disable', 'drop'].includes(action));
      dropped.push({ index, rules: (rules.length > 0 ? rules : enforced).map(({ ref }) => ref) });
    } else if (enforced.some(({ action }) => action === 'demote')) last.push(index);
    else first.push(index);
  });
  const order = [...first, ...last];
  return { order, dropped, decisions, decision: decisions[order[0] ?? 0] ?? NOTHING };
}
