import type { Prisma } from '#lib/db';
import { AppError } from '#lib/errors';
import { onTheWire, planSchema, type Stage } from '#lib/mitigations/plan';
import { type Rule, ruleSchema } from '#sdk/rule';

/** The columns that make up a rule on the wire. */
export const wireRuleSelect = {
  id: true,
  number: true,
  version: true,
  title: true,
  scope: true,
  matcher: true,
  target: true,
  action: true,
  mode: true,
  parameters: true,
  when: true,
  fail: true,
  sample: true,
  plan: true,
  stage: true,
  maxHitRate: true,
  approvalDueAt: true,
  tests: true,
  startsAt: true,
  expiresAt: true,
  lifeMinutes: true,
  incident: { select: { number: true } },
} as const satisfies Prisma.MitigationSelect;

type Stored = Prisma.MitigationGetPayload<{ select: typeof wireRuleSelect }>;
type Json = 'scope' | 'matcher' | 'parameters' | 'fail' | 'plan' | 'tests';
/** As stored, or as it is about to be: what is JSON is read through the wire schema either way. */
export type WireRuleRow = Omit<Stored, Json> & Record<Json, unknown>;

/** Milliseconds that one evaluation of one rule may take before it counts as slow. */
const BUDGET_MS = 50;

/** The rule as instances receive it. Throws `invalid`, naming the rule, when it does not fit the wire format. */
export function toRule(row: WireRuleRow): Rule {
  const ref = `R-${row.number}`;
  const parsed = ruleSchema.safeParse({
    id: row.id,
    ref,
    version: row.version,
    title: row.title,
    incident: `INC-${row.incident.number}`,
    scope: row.scope,
    target: row.target,
    matcher: row.matcher,
    action: row.action,
    parameters: row.parameters,
    ...onTheWire(
      planSchema.parse(row.plan),
      row.mode === 'shadow' ? 'shadow' : 'enforce',
      row.stage as Stage,
    ),
    when: row.when,
    fail: row.fail,
    breaker: row.maxHitRate === null ? null : { maxHitRate: row.maxHitRate, budgetMs: BUDGET_MS },
    sample: row.sample,
    startsAt: row.startsAt?.toISOString() ?? null,
    expiresAt: endsOnTheWire(row).toISOString(),
    tests: row.tests,
  });
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new AppError('invalid', `${ref} cannot be published: ${issue?.path.join('.')} ${issue?.message}.`);
}

/** A rule that broke glass ends when the second person is due, unless they have come: also at an instance cut off. */
export function endsOnTheWire({
  expiresAt,
  approvalDueAt,
}: Pick<WireRuleRow, 'expiresAt' | 'approvalDueAt'>): Date {
  return approvalDueAt !== null && approvalDueAt < expiresAt ? approvalDueAt : expiresAt;
}
