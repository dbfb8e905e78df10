export {
  type CompiledRules,
  type CompileOptions,
  compileRules,
  type Decision,
  type DecisionRequest,
  evaluate,
  type RuleHit,
  type Verdict,
} from './engine.ts';
export type { GuardEvent } from './events.ts';
export { createGuard, type Guard, type GuardOptions, type GuardStatus } from './guard.ts';
export type { InstanceState } from './report.ts';
export type { Envelope, Rule, RuleMatcher, RuleScope, RuleTests, Snapshot, Surface } from './rule.ts';
export { type OpenOptions, openEnvelope, SnapshotError, type SnapshotErrorCode } from './snapshot.ts';
