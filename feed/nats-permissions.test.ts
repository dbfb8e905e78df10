import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { nkeys } from '@nats-io/transport-node';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findNatsServer } from '#bin/nats-server';
import { setEnv } from '#lib/env';
import { publicKeyPem } from '#lib/rulesets/signing';
import type { GuardEvent } from '#sdk/events';
import { createGuard, type Guard } from '#sdk/guard';
import { connectNats, loadKv } from '#sdk/nats';
import { makeSigner, sealHead, until } from '#sdk/testing/feed';
import { envelopeOf } from '../tests/heads.ts';
import { type Feed, startFeed } from './server.ts';
import { publish } from './testing/client.ts';
import { NatsServer } from './testing/nats.ts';

// The permissions that docs/distribution/nats.md gives, word for word, in a real nats-server.

const program = findNatsServer();
const withNats = test.skipIf(program === null);

let dir: string;
let open: { close(): Promise<void> }[];
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'stopgap-nats-users-'));
  open = [];
});
afterEach(async () => {
  for (const each of open.reverse()) await each.close();
  setEnv({ STOPGAP_NATS_URL: '', STOPGAP_NATS_CREDENTIALS: '', STOPGAP_NATS_BUCKET: '' });
  await rm(dir, { recursive: true, force: true });
});
const opened = <T extends { close(): Promise<void> }>(each: T): T => {
  open.push(each);
  return each;
};

async function natsWith(config?: string): Promise<NatsServer> {
  const server = await new NatsServer(program ?? '', config).start();
  open.push({ close: () => server.remove() });
  return server;
}

/** A server with the documented users, and a credentials file for each. */
async function serverWith(change: (config: string) => string = (config) => config) {
  const page = await readFile(path.resolve(import.meta.dirname, '../docs/distribution/nats.md'), 'utf8');
  let config = change(/```conf\n([^`]+)```/.exec(page)?.[1] ?? '');
  const credentials: Record<string, string> = {};
  for (const user of ["<the feed's>", "<an instance's>"]) {
    const pair = nkeys.createUser();
    expect(config).toContain(user);
    config = config.replace(user, pair.getPublicKey());
    const seed = new TextDecoder().decode(pair.getSeed());
    const file = path.join(dir, `${pair.getPublicKey()}.creds`);
    // A server that has its users in its configuration goes by the seed alone.
    const jwt = 'none';
    await writeFile(
      file,
      `-----BEGIN NATS USER JWT-----\n${jwt}\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------\n`,
    );
    credentials[user] = file;
  }
  const server = await natsWith(config);
  return { server, feed: credentials["<the feed's>"] ?? '', instance: credentials["<an instance's>"] ?? '' };
}

async function feedOn(server: NatsServer, credentials: string): Promise<Feed> {
  setEnv({ STOPGAP_NATS_URL: server.url, STOPGAP_NATS_CREDENTIALS: credentials });
  return opened(await startFeed({ port: 0, host: '127.0.0.1' }));
}

/** Reaches no feed: what it has came through NATS. */
function guardOf(server: NatsServer, credentials: string, onEvent: (event: GuardEvent) => void): Guard {
  const guard = createGuard({
    feedUrl: 'http://127.0.0.1:9',
    apiKey: 'sg_none',
    instanceId: 'limited',
    publicKey: publicKeyPem(),
    nats: { servers: server.url, credentials },
    onEvent,
  });
  void guard.start();
  return opened(guard);
}

withNats(
  'do for feed and instance, also after NATS was away, and let an instance write nothing',
  async () => {
    const { server, feed, instance } = await serverWith();
    const first = await publish();
    await feedOn(server, feed);
    const events: GuardEvent[] = [];
    const guard = guardOf(server, instance, (event) => events.push(event));
    expect(await guard.waitForSeq(first, 60_000)).toBe(true);
    await until('a head said that it is the newest', () => guard.status().freshAsOf !== null);
    expect(events.filter(({ type }) => type === 'failed')).toEqual([]);
    const second = await publish();
    expect(await guard.waitForSeq(second, 60_000)).toBe(true);
    await server.stop();
    await server.start();
    const third = await publish();
    expect(await guard.waitForSeq(third, 60_000)).toBe(true);

    const connection = opened(await connectNats({ servers: server.url, credentials: instance }));
    const { Kvm } = await loadKv();
    const bucket = await new Kvm(connection).open('stopgap');
    await expect(bucket.put('head', 'x')).rejects.toThrow(/Permissions Violation/);
    await expect(bucket.watch()).rejects.toThrow(/Permissions Violation/);
  },
);

withNats('an instance that may read the ruleset alone says what it may not', async () => {
  const { server, feed, instance } = await serverWith((config) =>
    config.replace('"$JS.API.CONSUMER.CREATE.KV_stopgap.*.$KV.stopgap.head"', ''),
  );
  await publish();
  await feedOn(server, feed);
  const events: GuardEvent[] = [];
  guardOf(server, instance, (event) => events.push(event));
  await until('it says so', () =>
    events.some(
      (event) =>
        event.type === 'disconnected' && /Permissions Violation.*KV\.stopgap\.head/.test(event.reason),
    ),
  );
});

withNats('two deployments have a bucket each; the head of one proves nothing in the other', async () => {
  const server = await natsWith();
  const other = makeSigner();
  setEnv({ STOPGAP_NATS_BUCKET: 'ours' });
  const old = await publish();
  const newest = await publish();
  await feedOn(server, '');
  const connection = opened(await connectNats({ servers: server.url }));
  const { Kvm } = await loadKv();
  await expect
    .poll(
      async () => (await (await new Kvm(connection).create('ours', { history: 5 })).get('ruleset'))?.string(),
      {
        timeout: 60_000,
      },
    )
    .toBe(await envelopeOf(newest));
  // In theirs somebody puts our old ruleset beside a head that they signed, of a lower number.
  const theirs = await new Kvm(connection).create('stopgap', { history: 5 });
  await theirs.put('head', sealHead({ seq: 1, sha256: 'a'.repeat(64), at: new Date() }, other));
  await theirs.put('ruleset', await envelopeOf(old));
  const events: GuardEvent[] = [];
  const guard = opened(
    createGuard({
      feedUrl: 'http://127.0.0.1:9',
      apiKey: 'sg_none',
      publicKey: publicKeyPem(),
      nats: { servers: server.url },
      onEvent: (event) => events.push(event),
    }),
  );
  void guard.start();
  await until('it was refused', () => guard.status().state === 'failed');
  expect(guard.status()).toMatchObject({
    seq: 0,
    reason: expect.stringContaining('was not signed by a trusted key'),
  });
});
