export type { DecideOptions, DecisionRequest, RuleHit, Sampling, TextPart, Verdict } from './decision.ts';
export {
  type CompiledRules,
  type CompileOptions,
  compileRules,
  type Decision,
  evaluate,
} from './engine.ts';
export type { GuardEvent } from './events.ts';
export type { FreshnessMode } from './freshness.ts';
export {
  connect,
  createGuard,
  type Guard,
  type GuardOptions,
  type GuardRuleset,
  type GuardStatus,
} from './guard.ts';
export type { NatsOptions } from './nats-options.ts';
export type { RankResult } from './rank.ts';
export type { InstanceKind, InstanceState } from './report.ts';
export type { Envelope, Rule, RuleMatcher, RuleScope, RuleTests, Snapshot, Surface } from './rule.ts';
export { type OpenOptions, openEnvelope, SnapshotError, type SnapshotErrorCode } from './snapshot.ts';
export { BlockedError, type GuardStream, type StreamOptions, type StreamProgress } from './stream.ts';
