import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { answerError, answerJson, jsonOf, readBytes, readJson } from '#feed/answer';
import { ARRIVAL } from '#feed/arrival';
import { LongPoll } from '#feed/long-poll';
import { counter, gauge, headGauge, requireMetricsToken } from '#feed/metrics';
import { batchAnswer, shownKey } from '#feed/relayed';
import { readReport } from '#feed/report';
import { Streams } from '#feed/streams';
import { AppError } from '#lib/errors';
import { hashKey } from '#lib/keys/secret';
import { parse } from '#lib/parse';
import { type Report, reportBatchSchema, sampleBatchSchema } from '#sdk/report';
import { parseTag } from '#sdk/tag';
import { SDK_VERSION } from '#sdk/version';
import { Forward } from './forward.ts';
import { RelayKeys } from './keys.ts';
import { SampleForward } from './samples.ts';
import { Upstream } from './upstream.ts';

export type Relay = {
  port: number;
  /** The newest ruleset it serves, 0 before the first. */
  seq(): number;
  close(): Promise<void>;
};

export type RelayOptions = {
  /** 0 takes a free port. */
  port: number;
  host?: string;
  /** The feed, or another relay. */
  feedUrl: string;
  /** The relay's own key, scope `feed`. */
  apiKey: string;
  /** Unique in the fleet. */
  relayId: string;
  labels?: Record<string, string>;
  /** Where the last ruleset, the trusted key and digests of good keys are kept; nothing is kept without it. */
  dir: string | null;
  /** The publisher's key; without it the first one upstream shows is trusted and pinned in `dir`. */
  publicKey?: string;
  /** What /metrics asks for as a bearer token; open without it. */
  metricsToken?: string | undefined;
  keepAliveMs?: number;
  /** How long a key that was checked is believed without asking; 30 s unless told otherwise. */
  keyMemoryMs?: number;
};

type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void> | void;

const DRAIN_MS = 1_500;
/** How long instances that stop together with their relay may still say goodbye through it, and how long after the last. */
const LINGER_MS = 2_000;
const QUIET_MS = 300;
const HEARTBEAT_MS = 10_000;
const REPORTS_LIMIT_BYTES = 16 * 1024 * 1024;
/** What the centre takes. */
const SAMPLES_LIMIT_BYTES = 8 * 1024 * 1024;

/**
 * Serves what it follows to instances and to further relays, and passes their reports on. It goes on serving while
 * upstream is away, also after a restart of its own.
 */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const { feedUrl, apiKey, relayId, dir, labels = {} } = options;
  const keys = new RelayKeys({
    feedUrl,
    file: dir === null ? null : path.join(dir, 'known-keys.json'),
    freshMs: options.keyMemoryMs,
  });
  const longPoll = new LongPoll();
  const forward = new Forward({ feedUrl, apiKey, relayId });
  const samples = new SampleForward({ feedUrl, apiKey });
  const streams = new Streams({
    keepAliveMs: options.keepAliveMs,
    // Whoever takes it says so; a relay keeps no account of its own.
    onOffers: () => undefined,
    isKeyGood: (token) => keys.isGood(token),
  });
  const upstream = new Upstream({
    feedUrl,
    apiKey,
    relayId,
    dir,
    publicKey: options.publicKey,
    onNewer: (current) => {
      streams.broadcast(current);
      longPoll.wake();
    },
    onHead: (head) => streams.setHead(head),
    onChange: () => reportSelf(),
    onKeysEnded: (hashes) => {
      keys.end(hashes);
      streams.endKeys(hashes);
      longPoll.wake();
    },
    onConnected: () => {
      keys.askAgain();
      void streams.checkKeys();
    },
  });
  const boot = randomBytes(8).toString('hex');
  const reportSelf = (goodbye = false) => {
    const standing = upstream.standing();
    if (!standing) return;
    const own: Report = {
      instanceId: relayId,
      kind: 'relay',
      labels,
      sdkVersion: SDK_VERSION,
      boot,
      ...standing,
      reason: standing.reason?.slice(0, 2_000),
      breakers: [],
      decisions: 0,
      hits: [],
      coverage: [],
      ...(goodbye && { goodbye }),
    };
    // It will be said again in 10 s.
    forward.add(own, 0, { keySha256: hashKey(apiKey) }).catch(() => undefined);
  };
  let isClosing = false;
  /** When the last report came. */
  let heardAt = 0;
  const seq = () => upstream.current?.seq ?? 0;
  /** Resolves when all who followed have gone and said so, or when that takes too long. */
  const lastWords = async () => {
    const until = performance.now() + LINGER_MS;
    heardAt = performance.now();
    while (performance.now() < Math.min(until, heardAt + QUIET_MS)) {
      await sleep(25);
      if (streams.size > 0) heardAt = performance.now();
    }
  };

  const reading = createReading();
  const handlers: Record<string, Handler> = {
    'GET /v1/stream': async (request, response, { searchParams }) => {
      const token = await keys.require(request);
      if (isClosing) throw new AppError('unavailable', 'This relay is stopping.', { retryAfterSeconds: 1 });
      const known = parseTag(String(request.headers['last-event-id'] ?? ''));
      streams.add(response, {
        instanceId: searchParams.get('instance'),
        token,
        known,
        isRelay: searchParams.get('kind') === 'relay',
      });
    },
    'GET /v1/ruleset': async (request, response) => {
      await keys.require(request);
      await longPoll.answer(
        request,
        response,
        () => upstream.current,
        () => upstream.head,
        async () => {
          await keys.require(request);
        },
      );
    },
    'GET /v1/key': async (request, response) => {
      await keys.require(request);
      const key = upstream.key();
      if (!key) throw new AppError('unavailable', 'This relay has not seen the publisher’s key yet.');
      answerJson(response, 200, key);
    },
    'POST /v1/report': async (request, response) => {
      const arrivedAt = performance.now();
      heardAt = arrivedAt;
      const token = await keys.require(request);
      const report = await readReport(request);
      await forward.add(report, performance.now() - arrivedAt, { keySha256: hashKey(token) });
      answerJson(response, 200, { seq: seq() });
    },
    'POST /v1/reports': async (request, response) => {
      const arrivedAt = performance.now();
      heardAt = arrivedAt;
      const token = await keys.require(request);
      const batch = await reading(async () =>
        parse(reportBatchSchema, await readJson(request, REPORTS_LIMIT_BYTES)),
      );
      const here = performance.now() - arrivedAt;
      const taken = batch.reports.map(({ report, ageMs, keySha256 = hashKey(token) }) => {
        // A relay's word about itself came through this one.
        const via = report.instanceId === batch.relayId ? relayId : batch.relayId;
        return forward.add(report, ageMs + here, { via, keySha256 });
      });
      answerJson(response, 200, await batchAnswer(taken, seq));
    },
    'POST /v1/samples': async (request, response) => {
      const token = await keys.require(request);
      // From a relay below, of the key that it was shown.
      const keySha256 = shownKey(request) ?? hashKey(token);
      const bytes = await reading(() => readBytes(request, SAMPLES_LIMIT_BYTES));
      parse(sampleBatchSchema, jsonOf(bytes));
      samples.add(bytes, keySha256);
      answerJson(response, 202, {});
    },
    'GET /healthz': (_, response) => answerJson(response, 200, { ok: true }),
    'GET /readyz': (_, response) => {
      const checks = { upstream: upstream.isConnected, ruleset: upstream.current?.seq ?? null };
      // A relay that is cut off still serves; that is what it is for.
      answerJson(response, upstream.current && !isClosing ? 200 : 503, checks);
    },
    'GET /metrics': (request, response) => {
      requireMetricsToken(request, options.metricsToken);
      const lines = [
        ...gauge('stopgap_relay_streams', 'Open streams.', streams.size),
        ...gauge('stopgap_relay_ruleset_seq', 'Newest ruleset this relay serves.', seq()),
        ...headGauge('relay', upstream.head),
        ...gauge('stopgap_relay_upstream_up', 'Whether upstream is connected.', upstream.isConnected ? 1 : 0),
        ...gauge('stopgap_relay_reports_waiting', 'Reports not passed on yet.', forward.waiting),
        ...counter('stopgap_relay_reports_total', 'Reports passed on.', { '': forward.passed }),
        ...counter('stopgap_relay_samples_dropped_total', 'Parcels of samples let go.', {
          '': samples.dropped,
        }),
      ];
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(`${lines.join('\n')}\n`);
    },
  };

  const server = createServer({ keepAlive: true, noDelay: true, ...ARRIVAL }, (request, response) => {
    Promise.resolve()
      .then(() => {
        const target = URL.parse(request.url ?? '/', 'http://relay');
        if (!target) throw new AppError('invalid', 'The address of the request cannot be read.');
        const handler = handlers[`${request.method} ${target.pathname}`];
        if (!handler)
          throw new AppError('not_found', `There is no ${request.method} ${target.pathname} here.`);
        return handler(request, response, target);
      })
      .catch((error) => answerError(response, error));
  });
  server.keepAliveTimeout = 65_000;

  // Before the first request: children that come back at once must find what there was.
  await Promise.all([keys.restore(), upstream.restore()]);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: options.port, host: options.host, backlog: 4_096 }, resolve);
  }).catch((error) => {
    streams.close();
    throw error;
  });
  upstream.start();
  const heartbeat = setInterval(() => reportSelf(), HEARTBEAT_MS);

  return {
    port: (server.address() as AddressInfo).port,
    seq,
    close: async () => {
      isClosing = true;
      clearInterval(heartbeat);
      await lastWords();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      streams.close();
      longPoll.wake();
      reportSelf(true);
      await forward.close();
      server.closeIdleConnections();
      const drained = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
      await closed;
      clearTimeout(drained);
      await Promise.all([upstream.close(), samples.close(), keys.close()]);
    },
  };
}

/** Large bodies that are read at once; who comes then keeps what it has and tries again. */
const AT_ONCE = 16;

function createReading(): <T>(read: () => Promise<T>) => Promise<T> {
  let running = 0;
  return async (read) => {
    if (running >= AT_ONCE) {
      throw new AppError('unavailable', 'Too much comes at once. Keep it and send it again.', {
        retryAfterSeconds: 1,
      });
    }
    running++;
    try {
      return await read();
    } finally {
      running--;
    }
  };
}
