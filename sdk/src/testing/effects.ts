import type { DecisionRequest } from '../decision.ts';
import type { Rule } from '../rule.ts';
import table from './effects.json' with { type: 'json' };
import { makeRule } from './rules.ts';

/** One row of the table that every engine answers alike: rules, a request, and what a user gets. */
export interface EffectCase {
  name: string;
  rules: Rule[];
  request: DecisionRequest;
  stale: boolean;
  expect: { verdict: string; message?: string; text?: string };
}

/** Five characters of a prompt divide by zero here; OPA judges no condition at all. */
const THROWS = '1 / (prompt_length - 5) > 0';

type Row = Omit<EffectCase, 'rules' | 'request' | 'stale'> & {
  rules: Partial<Rule>[];
  request?: DecisionRequest;
  completion?: string;
  stale?: boolean;
  /** Its rules cannot judge the request. */
  fails?: boolean;
};

export const EFFECT_CASES: EffectCase[] = (table as Row[]).map(
  ({ rules, request, completion = 'evil(1)', fails = false, stale = false, ...row }) => ({
    ...row,
    stale,
    rules: rules.map((rule) => makeRule({ ...rule, when: fails ? THROWS : null })),
    request: { id: 'r', prompt: 'hello', completion, ...request },
  }),
);
