import path from 'node:path';
import { parseArgs } from 'node:util';
import { createGuard, type Guard } from '@stopgap/sdk';
import { endWith, ready, say } from '#bin/child';
import { env } from '#lib/env';
import { createBlockCounter } from './blocked.ts';
import { appFor, INSTANCES } from './fleet.ts';
import { readDemoKeys } from './keys.ts';
import { createOutbox } from './outbox.ts';
import { createRollout } from './rollout.ts';
import { createTraffic, type Simulated, type SimulatedOutcome, type SimulatedRow } from './traffic.ts';

// A small simulated code assistant, built on the SDK exactly as a serving layer would be.

const CONTROL_SHARE = 0.01;
const PAUSE_MS = [120, 520] as const;
const FLUSH_EVERY_MS = 1_000;
const OUTCOME_AFTER_MS = [4_000, 40_000] as const;

const { values } = parseArgs({
  options: { web: { type: 'string' }, feed: { type: 'string' }, 'wave-at': { type: 'string' } },
});
const { web, feed, 'wave-at': waveAt } = values;
const dataDir = env().STOPGAP_DATA_DIR;
const keys = await readDemoKeys(dataDir);
if (!web || !feed || !keys) throw new Error('Give --web and --feed, after demo/seed.ts has made the keys.');

type SentRow = Omit<SimulatedRow, 'findings' | 'outcome'> & {
  control?: boolean;
  findings: (Omit<SimulatedRow['findings'][number], 'start' | 'end'> & { start?: number; end?: number })[];
  meta: { instance: string; verdict: string; rules: string[]; seq: number };
};

type SentOutcome = { id: string; outcome: SimulatedOutcome; occurredAt: string };

const told = new Set<NodeJS.Timeout>();
const rollout = createRollout(INSTANCES.length, say);
const blocks = createBlockCounter(say);
const outbox = createOutbox<SentRow>({
  address: `${web}/api/v1/interactions`,
  apiKey: keys.ingest,
  capacity: 5_000,
  batchSize: 200,
  say,
});
const outcomes = createOutbox<SentOutcome>({
  address: `${web}/api/v1/interactions/outcomes`,
  apiKey: keys.ingest,
  capacity: 5_000,
  batchSize: 200,
  say,
});
const startedAt = Date.now();
const traffic = createTraffic({
  seed: startedAt % 2 ** 31,
  waveAfter: Number(waveAt ?? startedAt + 75_000),
  runId: startedAt.toString(36),
});

const guards = INSTANCES.map((instance) => ({
  ...instance,
  guard: createGuard({
    feedUrl: feed,
    apiKey: keys.feed,
    instanceId: instance.id,
    labels: instance.labels,
    dir: path.join(dataDir, 'demo-instances', instance.id.replaceAll('/', '_')),
    onEvent: (event) => rollout.heard(instance.id, event),
  }),
}));

/** One request: the model answers, the guard decides, and what is worth a look is sent to be reviewed. */
function serve({ row, flagged }: Simulated): void {
  const pool = guards.filter(({ labels }) => labels.app === appFor(row.surface));
  const chosen = pool[Math.floor(Math.random() * pool.length)];
  if (!chosen) return;
  const decision = ask(chosen.guard, row);
  const enforced = decision.rules.filter((rule) => rule.mode === 'enforce');
  if (decision.verdict === 'block')
    blocks.count(enforced.filter((rule) => rule.action === 'block').map((rule) => rule.ref));

  const byRule = enforced
    .filter((rule) => rule.action === 'flag' && !flagged)
    .map(
      (rule) =>
        ({
          detector: 'stopgap',
          rule: rule.ref,
          category: 'other',
          severity: 'medium',
          message: `Hit the rule ${rule.ref}`,
        }) as const,
    );
  const control = !flagged && byRule.length === 0 && Math.random() < CONTROL_SHARE;
  if (!flagged && byRule.length === 0 && !control) return;
  const { outcome, ...rest } = row;
  outbox.add({
    ...rest,
    ...(control ? { control } : {}),
    findings: [...row.findings, ...byRule],
    meta: {
      instance: chosen.id,
      verdict: decision.verdict,
      rules: decision.rules.map((rule) => rule.ref),
      seq: decision.seq,
    },
  });
  // What was blocked was never shown, so nobody can have accepted it.
  if (outcome !== undefined && decision.verdict !== 'block') tellLater({ id: row.id, outcome });
}

/** People take their time to accept a suggestion, to edit it or to throw it away. */
function tellLater({ id, outcome }: Omit<SentOutcome, 'occurredAt'>): void {
  const [shortest, longest] = OUTCOME_AFTER_MS;
  const tell = () => {
    told.delete(waiting);
    outcomes.add({ id, outcome, occurredAt: new Date().toISOString() });
  };
  const waiting = setTimeout(tell, shortest + Math.random() * (longest - shortest));
  told.add(waiting);
}

function ask(guard: Guard, row: SimulatedRow) {
  return guard.decide({
    model: row.model.name,
    version: row.model.version,
    tenant: row.actor.tenant,
    tier: row.actor.tier,
    language: row.language,
    surface: row.surface,
    prompt: row.prompt,
    completion: row.completion,
  });
}

let timer: NodeJS.Timeout;
const flushing = setInterval(() => {
  void outbox.flush();
  void outcomes.flush();
}, FLUSH_EVERY_MS);
function next(): void {
  serve(traffic.next(Date.now()));
  const [shortest, longest] = PAUSE_MS;
  timer = setTimeout(next, shortest + Math.random() * (longest - shortest));
}

endWith(async () => {
  clearTimeout(timer);
  clearInterval(flushing);
  for (const waiting of told) clearTimeout(waiting);
  await Promise.all([outbox.flush(), ...guards.map(({ guard }) => guard.close())]);
});
await Promise.all(guards.map(({ guard }) => guard.start()));
next();
ready();
