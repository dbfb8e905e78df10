import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemActor } from '#lib/actor';
import { env } from '#lib/env';
import { AppError } from '#lib/errors';
import { errorFields, log } from '#lib/log';
import { keepMark } from '#lib/rulesets/mark';
import { raiseMark } from '#lib/rulesets/mutations';
import { keyId, publicKeyPem } from '#lib/rulesets/signing';
import { parseTag } from '#sdk/tag';
import { AheadWatch } from './ahead.ts';
import { answerError, answerJson } from './answer.ts';
import { ARRIVAL } from './arrival.ts';
import { KeyCheck } from './auth.ts';
import { ReportBatch } from './batch.ts';
import { LongPoll } from './long-poll.ts';
import { counter, gauge, headGauge, PublishToOffered, requireMetricsToken } from './metrics.ts';
import { NatsPublisher } from './nats.ts';
import { opaRoutes } from './opa/routes.ts';
import { batchAnswer, readRelayed, shownKey, viaRelay } from './relayed.ts';
import { readReport } from './report.ts';
import { samplesRoute } from './samples.ts';
import { RulesetSource } from './source.ts';
import { keepHeadSigned } from './standby.ts';
import { Streams } from './streams.ts';

export type Feed = { port: number; close(): Promise<void> };

type Options = {
  /** 0 takes a free port. */
  port: number;
  host?: string;
  keepAliveMs?: number;
  /** How long a key that was checked is believed; 30 s unless told otherwise. */
  keyMemoryMs?: number;
};

type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void> | void;

/** Milliseconds that open answers get to finish when the feed stops. */
const DRAIN_MS = 1_500;

/**
 * Starts the feed: fans the newest ruleset out to serving instances and takes their reports. It starts, and goes
 * on serving what it has, while the database is away. `close` says goodbye to every stream first.
 */
export async function startFeed({ port, host, keepAliveMs, keyMemoryMs }: Options): Promise<Feed> {
  const { DATABASE_URL: url, STOPGAP_METRICS_TOKEN: metricsToken, ...settings } = env();
  if (!url) throw new Error('The feed needs DATABASE_URL.');
  const keys = new KeyCheck(keyMemoryMs);
  const longPoll = new LongPoll();
  const toOffered = new PublishToOffered();
  const batch = new ReportBatch(() => source.current?.seq ?? 0);
  const ahead = new AheadWatch(() => source.current?.seq ?? 0);
  const streams = new Streams({
    keepAliveMs,
    onOffers: (instanceIds, seq) => {
      const at = source.now();
      for (const instanceId of instanceIds) batch.offer({ instanceId, seq, at });
    },
    isKeyGood: (token) =>
      keys.find(token).then(
        (actor) => actor !== null,
        () => true,
      ),
  });
  const nats = settings.STOPGAP_NATS_URL
    ? new NatsPublisher({
        servers: settings.STOPGAP_NATS_URL.split(',').map((server) => server.trim()),
        credentials: settings.STOPGAP_NATS_CREDENTIALS,
        bucket: settings.STOPGAP_NATS_BUCKET,
        publicKey: publicKeyPem(),
        onHigher: (seq) => tellMark(seq, 'the NATS bucket', source.current?.seq ?? 0),
      })
    : null;
  const source = new RulesetSource(url, {
    onHead: (head) => {
      streams.setHead(head);
      nats?.putHead(head);
    },
    onNewer: (current) => {
      keepMark(current.seq);
      streams.broadcast(current);
      longPoll.wake();
      nats?.put(current);
      toOffered.observe((source.now().getTime() - current.publishedAt.getTime()) / 1_000);
    },
    onKeysEnded: (hashes) => {
      keys.end(hashes);
      streams.endKeys(hashes);
      longPoll.wake();
    },
    onRewound: (newest) => tellMark(source.current?.seq ?? 0, "this feed's memory", newest),
  });
  const tellMark = (seq: number, source: string, newest: number) => {
    log('error', 'feed: the database is older than what was published from it: it was restored', {
      newest,
      known: seq,
      source,
    });
    raiseMark(systemActor('feed'), { seq, source }).catch((error: unknown) => {
      log('warn', 'feed: a ruleset number could not be recorded', { error: errorFields(error).error });
    });
  };
  let closing = false;

  const handlers: Record<string, Handler> = {
    'GET /v1/stream': async (request, response, { searchParams }) => {
      const { token } = await keys.require(request, 'ruleset.follow');
      if (closing) throw new AppError('unavailable', 'This feed is stopping.', { retryAfterSeconds: 1 });
      const instanceId =
        searchParams.get('instance')?.slice(0, 200).toWellFormed().replaceAll('\0', '\uFFFD') || null;
      if (streams.of(token) >= 2 * settings.STOPGAP_INSTANCES_PER_KEY) {
        throw new AppError(
          'rate_limited',
          'This key has as many open streams as it may. Use a further key.',
          {
            retryAfterSeconds: 5,
          },
        );
      }
      const known = parseTag(String(request.headers['last-event-id'] ?? ''));
      streams.add(response, { instanceId, token, known, isRelay: searchParams.get('kind') === 'relay' });
      if (known) ahead.connected(instanceId, known.seq);
    },
    'GET /v1/ruleset': async (request, response) => {
      await keys.require(request, 'ruleset.follow');
      await longPoll.answer(
        request,
        response,
        () => source.current,
        () => source.head,
        async () => {
          await keys.require(request, 'ruleset.follow');
        },
      );
    },
    'GET /v1/key': async (request, response) => {
      await keys.require(request, 'ruleset.follow');
      answerJson(response, 200, { keyId: keyId(), publicKey: publicKeyPem() });
    },
    'POST /v1/report': async (request, response) => {
      // The moment of arrival, before waiting for key, body or database: adoption is measured by it.
      const at = source.now();
      const { actor } = await keys.require(request, 'fleet.report');
      const report = await readReport(request);
      await batch.add(actor, report, at);
      ahead.reported(report);
      answerJson(response, 200, { seq: source.current?.seq ?? 0 });
    },
    'POST /v1/reports': async (request, response) => {
      const at = source.now().getTime();
      const { actor } = await keys.require(request, 'fleet.report');
      const reports = viaRelay(await readRelayed(request), at);
      const taken = reports.map(async ({ report, keySha256, at, via }) => {
        // By the key that the instance showed to the relay: its name is its own, whichever way it comes.
        const speaker = keySha256 === null ? actor : await keys.requireHash(keySha256, 'fleet.report');
        await batch.add(speaker, report, at, via);
      });
      for (const { report } of reports) ahead.reported(report);
      answerJson(response, 200, await batchAnswer(taken, () => source.current?.seq ?? 0));
    },
    'POST /v1/samples': samplesRoute(async (request) => {
      const { actor } = await keys.require(request, 'fleet.report');
      const shown = shownKey(request);
      if (shown === null) return actor;
      // The relay’s own key is good: where the instance’s is not, its samples are never taken.
      return keys.requireHash(shown, 'fleet.report').catch((error) => {
        if (error instanceof AppError && error.code === 'unauthenticated')
          throw new AppError('forbidden', 'The key that these samples came with has ended.');
        throw error;
      });
    }),
    'GET /healthz': (_, response) => answerJson(response, 200, { ok: true }),
    'GET /readyz': (_, response) => {
      const checks = { database: source.reachable, ruleset: source.current?.seq ?? null };
      answerJson(response, source.reachable && source.current && !closing ? 200 : 503, checks);
    },
    'GET /metrics': (request, response) => {
      requireMetricsToken(request, metricsToken);
      const lines = [
        ...gauge('stopgap_feed_streams', 'Open streams.', streams.size),
        ...gauge('stopgap_feed_long_polls', 'Callers that wait for a newer ruleset.', longPoll.size),
        ...gauge('stopgap_feed_ruleset_seq', 'Newest ruleset this feed serves.', source.current?.seq ?? 0),
        ...headGauge('feed', source.head),
        ...gauge(
          'stopgap_feed_database_rewound',
          'Whether the database is older than what this feed serves.',
          source.isRewound ? 1 : 0,
        ),
        ...gauge(
          'stopgap_feed_database_up',
          'Whether the database answered lately.',
          source.reachable ? 1 : 0,
        ),
        ...counter(
          'stopgap_feed_streams_dropped_total',
          'Streams dropped because the client read too slowly.',
          {
            '': streams.dropped,
          },
        ),
        ...counter('stopgap_feed_reports_total', 'Reports by what became of them.', {
          '{result="stored"}': batch.accepted,
          '{result="refused"}': batch.refused,
          '{result="foreign"}': batch.foreign,
        }),
        ...toOffered.lines(),
      ];
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(`${lines.join('\n')}\n`);
    },
  };

  const opa = opaRoutes({
    authorize: async (request, permission) => (await keys.require(request, permission)).actor,
    newest: () => source.current,
    now: () => source.now(),
    longPoll,
    take: (actor, report, at) => {
      ahead.reported(report);
      return batch.add(actor, report, at);
    },
    offered: (instanceId, seq) => batch.offer({ instanceId, seq, at: source.now() }),
  });

  const server = createServer({ keepAlive: true, noDelay: true, ...ARRIVAL }, (request, response) => {
    Promise.resolve()
      .then(() => {
        const target = addressOf(request);
        const handler =
          handlers[`${request.method} ${target.pathname}`] ?? opa(request.method ?? '', target.pathname);
        if (!handler)
          throw new AppError('not_found', `There is no ${request.method} ${target.pathname} here.`);
        return handler(request, response, target);
      })
      .catch((error) => answerError(response, error));
  });
  // Instances report every 10 s over a kept connection; closing it between two reports would only cost handshakes.
  server.keepAliveTimeout = 65_000;

  await source.start();
  const standby = keepHeadSigned();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, backlog: 4_096 }, resolve);
  }).catch(async (error) => {
    // A port in use must not leave timers and a connection behind.
    streams.close();
    await Promise.all([source.close(), standby.close()]);
    throw error;
  });

  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      closing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      streams.close();
      longPoll.wake();
      await batch.close();
      server.closeIdleConnections();
      const drained = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
      await closed;
      clearTimeout(drained);
      await Promise.all([source.close(), standby.close(), nats?.close(), ahead.close()]);
    },
  };
}

function addressOf(request: IncomingMessage): URL {
  const target = URL.parse(request.url ?? '/', 'http://feed');
  if (!target) throw new AppError('invalid', 'The address of the request cannot be read.');
  return target;
}
