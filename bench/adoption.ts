import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createBreaker } from '#sdk/breaker';
import { compileRules, RuleCache } from '#sdk/engine';
import type { Rule } from '#sdk/rule';
import { openEnvelope } from '#sdk/snapshot';
import { ruleFor } from '#sdk/testing/rules';

const RULES = 20;
const ROUNDS = 200;

/** A ruleset as it lies in an emergency: patterns, phrases, packages and literals, each with its vectors. */
const rules: Rule[] = Array.from({ length: RULES }, (_, at) => {
  const name = `call_${at}_of_bench`;
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
    tests: { mustMatch: [{ text, ...language }], mustNotMatch: [{ text: 'total = sum(values)' }] },
    breaker: { maxHitRate: 0.5, budgetMs: 50 },
  });
});

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

/**
 * CPU of one instance from an envelope to the ruleset it enforces, milliseconds: verify, read, compile, prove, and load
 * the breaker. `changed` where one rule of twenty is another, `fresh` where none was there before.
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
  const fresh: number[] = [];
  const changed: number[] = [];
  let current = rules;
  const [cache, breaker] = [new RuleCache(), quiet()];
  for (let at = 0; at < ROUNDS; at++) {
    const place = at % RULES;
    current = current.map((rule, index) =>
      index === place ? { ...rule, version: rule.version + 1, title: `Round ${at}` } : rule,
    );
    const envelope = envelopeOf(at + 1, current, privateKey);
    changed.push(taken(cache, breaker, envelope));
    fresh.push(taken(new RuleCache(), quiet(), envelope));
  }
  const figures = (all: number[]) => {
    const sorted = all.slice(ROUNDS / 4).sort((a, b) => a - b);
    return { p50: round(quantile(sorted, 0.5)), p99: round(quantile(sorted, 0.99)) };
  };
  const [of, whole] = [figures(changed), figures(fresh)];
  return {
    rules: RULES,
    rounds: ROUNDS,
    cpuMs: { changed: of, fresh: whole },
    ratio: round(of.p50 / whole.p50),
  };
}
