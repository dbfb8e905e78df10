import { z } from 'zod';
import { findTextFault } from '#lib/interactions/text-faults';
import { wholeNumber } from '#lib/parse';
import { momentSchema, STORABLE, storable } from '#lib/storable';
import { entryProblem } from '#sdk/packages/names';
import {
  ACTIONS,
  LIMITS,
  MODES,
  type RuleMatcher,
  ruleFailSchema,
  ruleMatcherSchema,
  ruleParametersSchema,
  ruleScopeSchema,
  ruleTestsSchema,
  TARGETS,
} from '#sdk/rule';
import { withoutEmpty } from './narrow.ts';
import { planSchema, STAGES } from './plan.ts';
import { MITIGATION_STATES } from './states.ts';

const MIN_LIFE_MS = 60_000;
const MAX_LIFE_MS = 30 * 24 * 60 * 60_000;
/** A rule that only one person has seen ends within the hour. */
export const BREAK_GLASS_MS = 60 * 60_000;
export const BREAK_GLASS_REASON_MIN = 10;
/** Within this time a second person must have agreed to a rule that broke glass, or it ends. */
export const APPROVAL_DUE_MS = 30 * 60_000;

const LIFE_PROBLEM = 'must lie between 1 minute and 30 days from now';

const incidentRef = z
  .string()
  .regex(/^(INC-[1-9]\d{0,8}|[0-9a-fA-F-]{36})$/, 'must be an incident such as INC-12');
/** `R-31`, or the id. */
export const mitigationRefSchema = z
  .string()
  .regex(/^(R-[1-9]\d{0,8}|[0-9a-fA-F-]{36})$/, 'must be a mitigation such as R-31');

const testsSchema = z.strictObject({
  /** Left out: taken from the incident's linked interactions. */
  mustMatch: ruleTestsSchema.shape.mustMatch.optional(),
  mustNotMatch: ruleTestsSchema.shape.mustNotMatch.default([]),
});

const endsShape = {
  /** Left out or null: from its publish on. Instances begin by their own clocks. */
  startsAt: momentSchema.nullable().optional(),
  expiresAt: momentSchema.optional(),
  /** From its publish on. */
  expiresInMinutes: z
    .int()
    .min(1, LIFE_PROBLEM)
    .max(MAX_LIFE_MS / 60_000, LIFE_PROBLEM)
    .optional(),
};

/** Names as requests say them: blanks around one, or an empty one, would match nothing without a word. */
const scopeNames = z
  .array(z.string().trim().min(1, 'must not be blank').max(200))
  .max(200)
  .overwrite((names) => [...new Set(names)])
  .optional();

/** The scope of a rule that is being written; each name counts once, and what names nothing is left out. */
export const scopeSchema = ruleScopeSchema
  .extend({
    models: scopeNames,
    versions: scopeNames,
    tenants: scopeNames,
    tiers: scopeNames,
    languages: scopeNames,
    features: scopeNames,
  })
  .overwrite(withoutEmpty);

export const DEFAULT_SAMPLE = 0.05;

const contentShape = {
  title: z.string().trim().min(1, 'must say what the rule stops').max(200),
  scope: scopeSchema.default({}),
  matcher: ruleMatcherSchema,
  target: z.enum(TARGETS),
  action: z.enum(ACTIONS),
  parameters: ruleParametersSchema.optional(),
  /** `shadow` never goes further than counting; `enforce` goes through the stages of its plan. */
  mode: z.enum(MODES),
  when: z.string().trim().min(1).max(LIMITS.whenLength).nullable().optional(),
  /** Left out: open, both. */
  fail: ruleFailSchema.optional(),
  /** Share of the hits whose texts come back into the review queue, 0 to 1; left out: DEFAULT_SAMPLE. */
  sample: z.number().min(0).max(1).optional(),
  /** Left out: what the incident's severity asks for; a kill switch is everywhere at once. */
  plan: planSchema.optional(),
};

function insideLife(iso: string): boolean {
  const life = Date.parse(iso) - Date.now();
  return life >= MIN_LIFE_MS && life <= MAX_LIFE_MS;
}

function checkStorable(input: Record<string, unknown>, context: z.RefinementCtx): void {
  for (const field of ['title', 'scope', 'matcher', 'parameters', 'when', 'tests']) {
    const fault = findTextFault(input[field]);
    if (!fault) continue;
    const advice = field === 'matcher' ? '; in a pattern write it as an RE2 escape such as \\x00' : '';
    const message = `holds ${fault.what}, which cannot be kept${advice}`;
    context.addIssue({ code: 'custom', path: [field], message });
  }
}

/** Where a paste went wrong: what no registry can have would look for nothing. */
function checkNames({ matcher }: { matcher?: RuleMatcher | undefined }, context: z.RefinementCtx): void {
  if (matcher?.kind !== 'imports') return;
  const problems = matcher.packages.map(entryProblem).filter((problem) => problem !== null);
  const [first] = problems;
  if (first === undefined) return;
  const more = problems.length - 1;
  const message = more > 0 ? `${first}. ${more.toLocaleString('en')} more of the list cannot be used` : first;
  context.addIssue({ code: 'custom', path: ['matcher', 'packages'], message });
}

type Ends = {
  startsAt?: string | null | undefined;
  expiresAt?: string | undefined;
  expiresInMinutes?: number | undefined;
};

function checkEnds(input: Ends, context: z.RefinementCtx, required: boolean): void {
  const given = [input.expiresAt, input.expiresInMinutes].filter((value) => value !== undefined).length;
  if (given === 2 || (required && given === 0)) {
    const message = 'every rule ends: give either expiresAt or expiresInMinutes';
    context.addIssue({ code: 'custom', path: ['expiresAt'], message });
  } else if (input.expiresAt !== undefined && !insideLife(input.expiresAt)) {
    context.addIssue({ code: 'custom', path: ['expiresAt'], message: LIFE_PROBLEM });
  }
  const ends = endOf(input, new Date());
  if (input.startsAt && ends && Date.parse(input.startsAt) >= ends.getTime()) {
    context.addIssue({ code: 'custom', path: ['startsAt'], message: 'must lie before its end' });
  }
}

export const draftMitigationSchema = z
  .strictObject({ incident: incidentRef, ...contentShape, ...endsShape, tests: testsSchema.optional() })
  .superRefine((input, context) => {
    checkEnds(input, context, true);
    checkStorable(input, context);
    checkNames(input, context);
  });

const editShape = {
  /** The version that was seen; another one in the database is a conflict. */
  version: z.int().positive(),
  title: contentShape.title.optional(),
  scope: scopeSchema.optional(),
  matcher: contentShape.matcher.optional(),
  target: contentShape.target.optional(),
  action: contentShape.action.optional(),
  parameters: contentShape.parameters,
  mode: contentShape.mode.optional(),
  when: contentShape.when,
  fail: contentShape.fail,
  sample: contentShape.sample,
  plan: contentShape.plan,
  ...endsShape,
  tests: testsSchema.optional(),
};

/** Fields that are left out stay as they are. The body of `PATCH /api/v1/mitigations/{id}`. */
export const editBodySchema = z.strictObject(editShape).superRefine((input, context) => {
  checkEnds(input, context, false);
  checkStorable(input, context);
  checkNames(input, context);
});
export const editMitigationSchema = z
  .strictObject({ mitigation: mitigationRefSchema, ...editShape })
  .superRefine((input, context) => {
    checkEnds(input, context, false);
    checkStorable(input, context);
    checkNames(input, context);
  });

/** The rule's name, such as R-31, typed by who means it: asked for where a rule hits much, or everything. */
const confirm = z.string().max(40).optional();

/** `version`: what the approver read; left out, whatever is current. */
export const approveBodySchema = z.strictObject({ version: z.int().positive().optional(), confirm });
export const approveMitigationSchema = approveBodySchema.extend({ mitigation: mitigationRefSchema });

export const publishBodySchema = z.strictObject({
  version: z.int().positive().optional(),
  breakGlassReason: z
    .string()
    .trim()
    .min(
      BREAK_GLASS_REASON_MIN,
      `must say in at least ${BREAK_GLASS_REASON_MIN} characters why nobody else approves`,
    )
    .max(2_000)
    .refine(storable, STORABLE)
    .optional(),
  confirm,
  /** The snapshot may more than double. */
  acceptGrowth: z.boolean().optional(),
  /** Instances whose SDK is too old for its form may refuse the ruleset and keep the one before. */
  acceptUnread: z.boolean().optional(),
});
export const publishMitigationSchema = publishBodySchema.extend({ mitigation: mitigationRefSchema });

const reason = z.string().trim().min(1, 'must say why').max(2_000).refine(storable, STORABLE);
/**
 * `to`: a later stage than the next one, for those who know; left out, the next. `from`: the stage that was seen, so that
 * two who press at once, or one request that is sent twice, take one step and not two.
 */
export const advanceBodySchema = z.strictObject({
  from: z.enum(STAGES).optional(),
  to: z.enum(['canary', 'full']).optional(),
  reason: reason.optional(),
});
export const advanceMitigationSchema = advanceBodySchema.extend({ mitigation: mitigationRefSchema });
export const holdBodySchema = z.strictObject({ reason });
export const holdMitigationSchema = holdBodySchema.extend({ mitigation: mitigationRefSchema });
export const resumeMitigationSchema = z.strictObject({ mitigation: mitigationRefSchema });

export const withdrawBodySchema = z.strictObject({
  reason: z.string().trim().min(1, 'must say why the rule ends').max(2_000).refine(storable, STORABLE),
});
export const withdrawMitigationSchema = withdrawBodySchema.extend({ mitigation: mitigationRefSchema });

export const PAGE_MAX = 200;

export const listMitigationsSchema = z.strictObject({
  incidentId: z.uuid().optional(),
  state: z.enum(MITIGATION_STATES).optional(),
  /** How far it is rolled out; only live rules are anywhere. */
  stage: z.enum(STAGES).optional(),
  action: z.enum(ACTIONS).optional(),
  /** Part of the title, or a rule's or incident's name such as R-31. */
  q: z.string().trim().max(100).optional(),
  cursor: z
    .string()
    .regex(/^\d{1,9}$/, 'is not a cursor')
    .optional(),
  limit: wholeNumber(1, PAGE_MAX).optional(),
});

const triedShape = {
  scope: scopeSchema.default({}),
  matcher: ruleMatcherSchema,
  target: z.enum(TARGETS),
  when: contentShape.when,
};
/** What a back-test needs of a rule: no title, no end, no tests. */
export const backtestBodySchema = z
  .strictObject(triedShape)
  .superRefine(checkStorable)
  .superRefine(checkNames);
/** Whom its figures are about: the incident (left out: the mitigation's) and the cluster. */
export const startBacktestSchema = z
  .strictObject({
    ...triedShape,
    mitigation: mitigationRefSchema.optional(),
    incident: incidentRef.optional(),
    cluster: z.string().max(40).optional(),
  })
  .superRefine(checkStorable)
  .superRefine(checkNames);

export type DraftMitigation = z.infer<typeof draftMitigationSchema>;
export type EditMitigation = z.infer<typeof editMitigationSchema>;
export type ApproveMitigation = z.infer<typeof approveMitigationSchema>;
export type PublishMitigation = z.infer<typeof publishMitigationSchema>;
export type AdvanceMitigation = z.infer<typeof advanceMitigationSchema>;
export type HoldMitigation = z.infer<typeof holdMitigationSchema>;
export type ResumeMitigation = z.infer<typeof resumeMitigationSchema>;
export type WithdrawMitigation = z.infer<typeof withdrawMitigationSchema>;
export type ListMitigations = z.infer<typeof listMitigationsSchema>;
export type RuleDraft = z.infer<typeof backtestBodySchema>;

/** When a rule that is published now ends; null when the input leaves the end as it is. */
export function endOf(input: Ends, now: Date): Date | null {
  return lifeOf(input, now)?.expiresAt ?? null;
}

/** How long a rule lives: to a moment, or so many minutes from its publish; null when the input leaves it as it is. */
export function lifeOf(input: Ends, now: Date): { expiresAt: Date; lifeMinutes: number | null } | null {
  const { expiresAt, expiresInMinutes: minutes } = input;
  if (expiresAt !== undefined) return { expiresAt: new Date(expiresAt), lifeMinutes: null };
  if (minutes === undefined) return null;
  return { expiresAt: new Date(now.getTime() + minutes * 60_000), lifeMinutes: minutes };
}

/** When a rule that is not out yet would end if it were published now. */
export function endsIfPublished(
  row: { expiresAt: Date; lifeMinutes: number | null },
  now = new Date(),
): Date {
  return row.lifeMinutes === null ? row.expiresAt : new Date(now.getTime() + row.lifeMinutes * 60_000);
}
