import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createBreaker } from '#sdk/breaker';
import { compileRules, RuleCache } from '#sdk/engine';
import type { Rule } from '#sdk/rule';
import { openEnvelope } from '#sdk/snapshot';
import { ruleFor } from '#sdk/testing/rules';

const RULES = 20;
const ROUNDS = 200;

/** A rule as it lies in an emergency: a pattern, a literal, phrases or packages, with its vectors. */
function ruleAt(at: number, name: string): Rule {
  const matchers: [Rule['matcher'], string][] = [
    [
      { kind: 're2', pattern: `${name}\\([^)]{0,80}shell\\s*=\\s*True`, ignoreCase: false },
      `${name}(x, shell=True)`,
    ],
    [{ kind: 'literal', text: `${name}(`, ignoreCase: true }, `${name}(1)`],
    [{ kind: 'phrases', phrases: [`ignore ${name} now`, `forget ${name}`] }, `please ignore ${name} now`],
    [{ kind: 'imports', packages: [`${name}-pkg`, `${name}-lib`] }, `import "${name}-pkg"`],
  ];
  const [matcher, text] = matchers[at % matchers.length] as [Rule['matcher'], string];
  const language = matcher.kind === 'imports' ? { language: 'javascript' } : {};
  return ruleFor(matcher, text, {
    id: `00000000-0000-4000-8000-${String(at).padStart(12, '0')}`,
    tests: { mustMatch: [{ text, ...language }], mustNotMatch: [{ text: 'total = sum(values)' }] },
    breaker: { maxHitRate: 0.5, budgetMs: 50 },
  });
}

function envelopeOf(seq: number, changed: Rule[], key: KeyObject): string {
  const now = new Date();
  const payload = JSON.stringify({
    seq,
    issuedAt: now.toISOString(),
    expiresAt: new Date(now.getTime() + 3_600_000).toISOString(),
    rules: changed,
  });
  const signature = sign(null, Buffer.from(payload), key).toString('base64');
  return JSON.stringify({ payload, signature, keyId: 'bench' });
}

const quantile = (sorted: number[], share: number) => sorted[Math.floor(sorted.length * share)] ?? 0;
const round = (ms: number) => Number(ms.toPrecision(3));

/** The rule that changes in a round, from what it was: to its next stage, or to another matcher. */
const CHANGES = {
  staged: (rule: Rule, at: number) => ({ ...rule, version: at + 2 }),
  rewritten: (rule: Rule, at: number) => ({ ...ruleAt(at % RULES, `call_${at}_anew`), id: rule.id }),
};

/**
 * CPU of one instance from an envelope to the ruleset it enforces, milliseconds: verify, read, compile, prove, and load
 * the breaker. `staged` where one rule of twenty goes to its next stage, `rewritten` where one looks for something else,
 * `fresh` where no rule was there before.
 */
export async function run(): Promise<unknown> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const taken = (cache: RuleCache, breaker: ReturnType<typeof createBreaker>, envelope: string): number => {
    const before = process.cpuUsage();
    const snapshot = openEnvelope(envelope, [publicKey], { cache });
    compileRules(snapshot.rules, { cache, instanceId: 'bench', seq: snapshot.seq });
    breaker.load(snapshot.rules);
    cache.retain(snapshot.rules);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  };
  const quiet = () =>
    createBreaker({ onOpen: () => undefined, onAlarm: () => undefined, selfTest: () => null });
  const rounds = (change: (rule: Rule, at: number) => Rule, isFresh = false) => {
    let current = Array.from({ length: RULES }, (_, at) => ruleAt(at, `call_${at}_of_bench`));
    let [cache, breaker] = [new RuleCache(), quiet()];
    const samples = Array.from({ length: ROUNDS }, (_, at) => {
      current = current.map((rule, index) => (index === at % RULES ? change(rule, at) : rule));
      if (isFresh) [cache, breaker] = [new RuleCache(), quiet()];
      return taken(cache, breaker, envelopeOf(at + 1, current, privateKey));
    });
    const sorted = samples.slice(ROUNDS / 4).sort((a, b) => a - b);
    return { p50: round(quantile(sorted, 0.5)), p99: round(quantile(sorted, 0.99)) };
  };
  const fresh = rounds(CHANGES.staged, true);
  const [staged, rewritten] = [rounds(CHANGES.staged), rounds(CHANGES.rewritten)];
  return {
    rules: RULES,
    rounds: ROUNDS,
    cpuMs: { staged, rewritten, fresh },
    ratios: { staged: round(staged.p50 / fresh.p50), rewritten: round(rewritten.p50 / fresh.p50) },
  };
}
