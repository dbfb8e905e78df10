import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Feed, startFeed } from '#feed/server';
import { feedKey, publish } from '#feed/testing/client';
import { db } from '#lib/db';
import { freePort } from '#lib/postgres/embedded';
import type { Rule } from '#sdk/rule';
import { ruleRow } from '../tests/fixtures.ts';
import { CASES, rules } from './cases.ts';
import { type ServerProcess, startServer } from './process.ts';

const program = process.env.STOPGAP_OPA;
const why = process.env.STOPGAP_OPA_MISSING ?? 'run npm run test:gateways';

/** What OPA itself judges; the rest of the table needs a reader of code, whose names the caller gives as `imports`. */
const JUDGED = CASES.filter(({ toolInput, answer }) => !(answer ?? toolInput)?.includes('quickjsonx'));

describe.skipIf(!program)(`OPA${program ? '' : ` (left out: ${why})`}`, () => {
  let feed: Feed;
  let opa: ServerProcess;
  let dir: string;
  let config: string;
  let seq: number;
  beforeAll(async () => {
    for (const rule of rules()) await live(rule);
    seq = await publish();
    feed = await startFeed({ port: 0, host: '127.0.0.1' });
    const key = await feedKey();
    const shown = await fetch(`http://127.0.0.1:${feed.port}/v1/bundle-key`, {
      headers: { authorization: `Bearer ${key}` },
    });
    const { keyId, publicKey, algorithm } = (await shown.json()) as Record<string, string>;
    dir = await mkdtemp(path.join(tmpdir(), 'stopgap-opa-'));
    config = path.join(dir, 'config.json');
    // As docs/distribution/opa.md writes it, with a signed bundle.
    await writeFile(
      config,
      JSON.stringify({
        services: {
          stopgap: { url: `http://127.0.0.1:${feed.port}`, credentials: { bearer: { token: key } } },
        },
        labels: { instance: 'opa-1' },
        keys: { [keyId ?? '']: { algorithm, key: publicKey } },
        persistence_directory: dir,
        bundles: {
          stopgap: {
            service: 'stopgap',
            resource: 'bundles/stopgap.tar.gz?signed=1&instance=opa-1',
            persist: true,
            signing: { keyid: keyId },
            polling: { long_polling_timeout_seconds: 10, min_delay_seconds: 1, max_delay_seconds: 2 },
          },
        },
        status: { service: 'stopgap' },
        decision_logs: { service: 'stopgap', reporting: { min_delay_seconds: 1, max_delay_seconds: 2 } },
      }),
    );
    opa = await start();
    await holds(seq);
  });
  afterAll(async () => {
    await opa?.close();
    await feed?.close();
    if (dir) await rm(dir, { recursive: true, force: true });
  });

  async function start(): Promise<ServerProcess> {
    const port = await freePort();
    return startServer({
      program: program ?? '',
      args: [
        'run',
        '--server',
        '--addr',
        `127.0.0.1:${port}`,
        '--config-file',
        config,
        '--disable-telemetry',
      ],
      port,
      health: '/health',
      withinMs: 30_000,
    });
  }

  async function live(rule: Rule): Promise<string> {
    const { id, version: _, ref: __, incident: ___, rollout: ____, breaker: _____, ...row } = rule;
    const { title, scope, matcher, target, action, mode, parameters, tests, expiresAt } = row;
    const made = await ruleRow({
      title,
      scope,
      matcher,
      target,
      action,
      mode,
      parameters,
      tests,
      expiresAt,
      state: 'live',
      stage: 'full',
    });
    return made.id;
  }

  async function decide(input: object): Promise<Record<string, unknown>> {
    const response = await fetch(`${opa.url}/v1/data/stopgap/decision/result`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ input }),
    });
    return ((await response.json()) as { result?: Record<string, unknown> }).result ?? {};
  }

  async function holds(wanted: number): Promise<void> {
    for (let tries = 0; tries < 600; tries++) {
      if ((await decide({ prompt: 'x' })).seq === wanted) return;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    throw new Error(`OPA did not activate ruleset ${wanted}.`);
  }

  const VERDICT = { passes: 'allow', blocked: 'block', redacted: 'redact' } as const;

  for (const each of JUDGED) {
    test(`${each.name} ${each.outcome}`, async () => {
      const { model = 'coder', prompt, toolResult, answer, toolInput } = each;
      const { verdict } = await decide({
        model,
        prompt: prompt ?? toolResult ?? 'Write it.',
        completion: answer ?? toolInput ?? '',
      });
      expect(verdict).toBe(VERDICT[each.outcome]);
    });
  }

  test('packages, with the names that the caller read', async () => {
    const code = { model: 'coder', language: 'python', prompt: 'x', completion: 'import quickjsonx' };
    expect((await decide({ ...code, imports: ['quickjsonx'] })).verdict).toBe('block');
    expect((await decide({ ...code, imports: ['json'] })).verdict).toBe('allow');
    expect((await decide(code)).unjudged).toHaveLength(1);
  });

  test('a publish arrives by the long poll, signature checked, and its activation and hits are known', async () => {
    const id = await live({
      ...(rules()[0] as Rule),
      matcher: { kind: 'literal', text: 'fresh_bad(', ignoreCase: false },
      tests: { mustMatch: [{ text: 'fresh_bad(' }], mustNotMatch: [] },
    });
    const before = await decide({ model: 'coder', prompt: 'x', completion: 'fresh_bad(1)' });
    expect(before.verdict).toBe('allow');
    seq = await publish();
    await holds(seq);
    const after = await decide({ model: 'coder', prompt: 'x', completion: 'fresh_bad(1)' });
    expect(after.verdict).toBe('block');
    const active = () =>
      db.adoption
        .findUnique({ where: { seq_instanceId: { seq, instanceId: 'opa-1' } } })
        .then((row) => row?.activeAt ?? null);
    await expect.poll(active, { timeout: 20_000 }).toBeInstanceOf(Date);
    const hits = () =>
      db.ruleHit
        .aggregate({ where: { mitigationId: id }, _sum: { enforced: true } })
        .then((sum) => Number(sum._sum.enforced ?? 0));
    await expect.poll(hits, { timeout: 20_000 }).toBe(1);
  });

  test('down: what it holds goes on, also after its own restart without the feed', async () => {
    await feed.close();
    const evil = { model: 'coder', prompt: 'x', completion: 'x = evil(1)' };
    expect((await decide(evil)).verdict).toBe('block');
    await opa.close();
    opa = await start();
    await expect.poll(async () => (await decide(evil)).verdict, { timeout: 20_000 }).toBe('block');
  });
});
