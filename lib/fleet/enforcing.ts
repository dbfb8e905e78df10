import { opaJudges } from '#lib/rulesets/beyond-opa';
import { rolloutBucket } from '#sdk/rollout';
import type { HeldRule, HeldRuleset } from './held-rules.ts';
import { SKEW_COUNTS_MS } from './schema.ts';

// The one answer to "which instances enforce this rule". Everything that says where a rule acts asks here.

/** What one serving process last said of itself, and whether that still holds. */
export type Member = {
  id: string;
  /** What it calls itself, where that is not its `id`. */
  name?: string | null;
  kind: string;
  labels: Record<string, string>;
  activeSeq: number;
  /** SHA-256 of the payload it has active; null where it does not tell. */
  activeSha256: string | null;
  /** Heard of within 25 s. */
  isFresh: boolean;
  /** Its rule clock less ours, milliseconds; null where it does not tell. */
  clockSkewMs: number | null;
  /** Ids of rules it demoted to shadow by itself. */
  demoted: ReadonlySet<string>;
};

/** The rule as it is meant to be now. */
export type MeantRule = {
  id: string;
  version: number;
  /** Stands in a canary by intent: acting on a share of the requests is all it should do. */
  isCanary: boolean;
  labels: Record<string, string>;
};

/**
 * How one rule stands on one instance:
 * - `elsewhere`: not meant for its labels, or a relay, which serves nobody
 * - `silent`: it may have stopped, or be cut off and go on by whatever it has
 * - `unknown`: what it has active is no ruleset of this database, or not the content that this number has here
 * - `missing`: its ruleset does not hold the rule; `outdated`: not at this version
 * - `demoted`: by the instance itself; `unable`: an OPA that does not judge such a rule
 * - `shadow`: only counts
 * - `clock`: by its own clock the rule has not begun, or is over; `waiting`: it has not begun anywhere
 * - `undrawn`: left out of the canary; `partial`: in full, but the instance still acts on a share of its requests
 */
export type Standing =
  | 'elsewhere'
  | 'silent'
  | 'unknown'
  | 'missing'
  | 'outdated'
  | 'demoted'
  | 'unable'
  | 'shadow'
  | 'clock'
  | 'waiting'
  | 'undrawn'
  | 'partial'
  | 'enforcing';

/** Whether the rule is meant for an instance with these labels. */
export function isMeantFor(
  rule: Pick<MeantRule, 'labels'>,
  { kind, labels }: Pick<Member, 'kind' | 'labels'>,
): boolean {
  return kind !== 'relay' && Object.entries(rule.labels).every(([name, value]) => labels[name] === value);
}

/** Whether the instance has exactly this ruleset in force, by number and, where it tells, by content. */
export function hasActive(
  { activeSeq, activeSha256 }: Pick<Member, 'activeSeq' | 'activeSha256'>,
  seq: number,
  sha256: string,
): boolean {
  return activeSeq === seq && (activeSha256 === null || activeSha256 === sha256);
}

/** How `rule` stands on `member` at `now`, the database's time, given what each ruleset holds. */
export function standingOf(
  rule: MeantRule,
  member: Member,
  rulesets: ReadonlyMap<number, HeldRuleset>,
  now: Date,
): Standing {
  if (!isMeantFor(rule, member)) return 'elsewhere';
  if (!member.isFresh) return 'silent';
  const ruleset = rulesets.get(member.activeSeq);
  if (member.activeSeq === 0) return 'missing';
  if (!ruleset || !hasActive(member, member.activeSeq, ruleset.sha256)) return 'unknown';
  const held = ruleset.rules.get(rule.id);
  return held ? standingBy(rule, member, held, now) : 'missing';
}

/** The same of a member that is heard of, whose ruleset holds the rule so. */
export function standingBy(rule: MeantRule, member: Member, held: HeldRule, now: Date): Standing {
  if (held.version !== rule.version) return 'outdated';
  if (member.demoted.has(rule.id)) return 'demoted';
  if (member.kind === 'opa' && !opaJudges(held.beyondOpa, member.labels)) return 'unable';
  if (held.force === 'shadow') return 'shadow';
  const here = runsAt(held, instanceTime(member, now));
  if (here !== runsAt(held, now)) return 'clock';
  if (!here) return held.startsAt !== null && held.startsAt > now ? 'waiting' : 'missing';
  if (rolloutBucket(rule.id, rolloutName(member)) >= held.instances) return 'undrawn';
  return held.requests < 100 && !rule.isCanary ? 'partial' : 'enforcing';
}

const runsAt = ({ startsAt, expiresAt }: HeldRule, at: Date) =>
  (startsAt === null || startsAt <= at) && at < expiresAt;

/** By what time its rules start and end; up to a minute apart is the way of a report, and told on the fleet page only. */
function instanceTime({ clockSkewMs }: Member, now: Date): Date {
  const skew = Math.abs(clockSkewMs ?? 0) > SKEW_COUNTS_MS ? (clockSkewMs ?? 0) : 0;
  return new Date(now.getTime() + skew);
}

// The policy draws by the operator's label; an OPA without it is known here by an id that the policy does not see.
const rolloutName = ({ id, name, kind, labels }: Member) =>
  kind === 'opa' ? (labels.instance ?? '') : (name ?? id);
