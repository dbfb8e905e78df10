import { type DecisionRequest, type Hit, type TextPart, textOf } from '../decision.ts';
import type { EvaluateOptions } from '../engine.ts';
import { Subject, subjectMatcher } from '../match.ts';
import { rolloutBucket } from '../rollout.ts';
import type { FailMode, Rule } from '../rule.ts';
import { compileWhen } from '../when.ts';

/**
 * What the engine must decide, by the plainest loop over rules and parts: nothing is indexed, shared, looked for in
 * advance or left out. Only for tests and benches to compare with.
 */
interface ReferenceOptions extends Omit<EvaluateOptions, 'onTrouble'> {
  labels?: Record<string, string>;
  instanceId?: string;
}

/** One matcher of a rule read twice is compiled once; it is the same plain matcher. */
const matchers = new WeakMap<Rule['matcher'], ReturnType<typeof subjectMatcher>>();

function matcherOf({ matcher }: Rule): ReturnType<typeof subjectMatcher> {
  const known = matchers.get(matcher) ?? subjectMatcher(matcher);
  matchers.set(matcher, known);
  return known;
}

const includes = (list: readonly string[] | undefined, value: string | null | undefined) =>
  !list || list.length === 0 || list.includes(value ?? '');

/** A model and its version as they are named, and `name@version` in one word cut wherever it can be. */
function readings({ model, version }: DecisionRequest): (string | null | undefined)[][] {
  if (version || !model || model.length > 401) return [[model, version]];
  const cuts = [...model.matchAll(/@/g)].map(({ index }) => [model.slice(0, index), model.slice(index + 1)]);
  return [[model, version], ...cuts.filter((parts) => !parts.includes(''))];
}

function inScope(rule: Rule, request: DecisionRequest, { labels = {}, instanceId }: ReferenceOptions) {
  const { scope, rollout } = rule;
  if (instanceId !== undefined) {
    if (rolloutBucket(rule.id, instanceId) >= rollout.instances) return false;
    const key = request.id ?? request.prompt ?? request.completion ?? '';
    if (rollout.requests < 100 && rolloutBucket(rule.id, key) >= rollout.requests) return false;
  }
  return (
    Object.entries(scope.labels ?? {}).every(([name, value]) => labels[name] === value) &&
    readings(request).some(
      ([model, version]) => includes(scope.models, model) && includes(scope.versions, version),
    ) &&
    includes(scope.tenants, request.tenant) &&
    includes(scope.tiers, request.tier) &&
    includes(
      scope.languages?.map((name) => name.toLowerCase()),
      request.language?.toLowerCase(),
    ) &&
    includes(scope.surfaces, request.surface) &&
    includes(scope.features, request.feature)
  );
}

/** Every hit with all its spans, in the order of rules and parts. */
export function referenceHits(
  rules: readonly Rule[],
  request: DecisionRequest,
  now: Date,
  options: ReferenceOptions = {},
): Hit[] {
  const hits: Hit[] = [];
  const stale: Hit[] = [];
  for (const rule of rules) {
    if (rule.startsAt !== null && now.getTime() < Date.parse(rule.startsAt)) continue;
    if (now.getTime() >= Date.parse(rule.expiresAt) || !inScope(rule, request, options)) continue;
    const { id, ref, parameters } = rule;
    const mode = options.demoted?.has(id) ? 'shadow' : rule.mode;
    const failed = (fail: FailMode, target: TextPart): Hit[] => {
      if (fail === 'open') return [];
      const action = fail === 'closed' ? 'block' : 'require_review';
      const speaks = action === 'block' && ['block', 'disable', 'drop'].includes(rule.action);
      const words = speaks && parameters.text !== undefined ? { text: parameters.text } : {};
      return [{ id, ref, action, mode, parameters: words, target, spans: [] }];
    };
    let condition = true;
    let threw = false;
    try {
      condition = rule.when === null || compileWhen(rule.when)(request, options.labels ?? {});
    } catch {
      threw = true;
    }
    if (!condition) continue;
    const parts = (['prompt', 'completion'] as const).filter(
      (part) => textOf(request, part) !== null && (rule.target === 'both' || rule.target === part),
    );
    const own: Hit[] = [];
    for (const target of parts) {
      try {
        const spans = matcherOf(rule)(new Subject(textOf(request, target) ?? '', request.language));
        if (spans.length === 0) continue;
        if (threw) own.push(...failed(rule.fail.onError, target));
        else own.push({ id, ref, action: rule.action, mode, parameters, target, spans });
      } catch {
        own.push(...failed(rule.fail.onError, target));
      }
    }
    hits.push(...own);
    const first = parts[0];
    if (options.stale && own.length === 0 && first) stale.push(...failed(rule.fail.onStale, first));
  }
  return [...hits, ...stale];
}
