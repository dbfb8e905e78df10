import { type Rule, ruleSchema, type Snapshot, snapshotSchema } from '../rule.ts';

let count = 0;

/** A valid rule that blocks the literal `evil(` everywhere for an hour; `overrides` say what differs. */
export function makeRule(overrides: Partial<Rule> = {}): Rule {
  count++;
  return ruleSchema.parse({
    // Not drawn at random: which requests and instances a share of them is depends on it.
    id: `00000000-0000-4000-8000-${String(count).padStart(12, '0')}`,
    ref: `R-${count}`,
    version: 1,
    title: 'Test rule',
    incident: null,
    scope: {},
    target: 'completion',
    matcher: { kind: 'literal', text: 'evil(', ignoreCase: false },
    action: 'block',
    mode: 'enforce',
    startsAt: null,
    expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
    tests: { mustMatch: [{ text: 'x = evil(1)' }], mustNotMatch: [{ text: 'x = good(1)' }] },
    ...overrides,
  });
}

/** A rule around one matcher, with vectors that fit any text it hits. */
export function ruleFor(matcher: Rule['matcher'], sample: string, overrides: Partial<Rule> = {}): Rule {
  return makeRule({ matcher, tests: { mustMatch: [{ text: sample }], mustNotMatch: [] }, ...overrides });
}

export function makeSnapshot(seq: number, rules: Rule[], overrides: Partial<Snapshot> = {}): Snapshot {
  return snapshotSchema.parse({
    seq,
    issuedAt: new Date().toISOString(),
    expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
    rules,
    ...overrides,
  });
}
