import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Rule, Snapshot } from '#sdk/rule';
import { TEST_KEY, TestFeed } from '#sdk/testing/feed';
import { makeSnapshot } from '#sdk/testing/rules';
import { type Sidecar, type SidecarOptions, startSidecar } from '../server.ts';

/** A real sidecar behind a real feed, both on 127.0.0.1. */
export interface TestSidecar {
  feed: TestFeed;
  sidecar: Sidecar;
  url: string;
  /** Publishes the next ruleset and waits until the sidecar enforces it. */
  publish(rules: Rule[], overrides?: Partial<Snapshot>): Promise<number>;
  /** Posts JSON; `body` of the answer is parsed. */
  post(route: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  close(): Promise<void>;
}

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: each test knows what its contract answers.
  body: any;
}

export async function testSidecar(
  rules: Rule[] | null,
  options: Partial<Omit<SidecarOptions, 'guard'>> = {},
): Promise<TestSidecar> {
  const feed = await new TestFeed().listen();
  const dir = await mkdtemp(path.join(tmpdir(), 'stopgap-sidecar-'));
  let seq = 0;
  if (rules) feed.publish(makeSnapshot(++seq, rules));
  const sidecar = await startSidecar({
    port: 0,
    host: '127.0.0.1',
    ...options,
    guard: { feedUrl: feed.url, apiKey: TEST_KEY, instanceId: 'side', publicKey: feed.signer.publicKey, dir },
  });
  const url = `http://127.0.0.1:${sidecar.port}`;
  return {
    feed,
    sidecar,
    url,
    publish: async (next, overrides) => {
      feed.publish(makeSnapshot(++seq, next, overrides));
      if (!(await sidecar.guard.waitForSeq(seq, 8_000))) throw new Error(`Ruleset ${seq} did not arrive.`);
      return seq;
    },
    post: (route, body, headers = {}) => postJson(`${url}${route}`, body, headers),
    close: async () => {
      await sidecar.close();
      await feed.kill();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Posts `body` as JSON, or a string as it is. */
export async function postJson(
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) };
}
