import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppError, ERROR_STATUS } from '#lib/errors';
import { errorFields, log } from '#lib/log';
import { createGuard, type Guard, type GuardOptions } from '#sdk/guard';
import type { OnUnreadable } from '#sdk/integrations/exchange';
import { agentgatewayContract } from './agentgateway.ts';
import { answerJson } from './answer.ts';
import { createAuth } from './auth.ts';
import type { Contract, Desk, Handler } from './contract.ts';
import { decideContract, refuseJson } from './decide.ts';
import { createEvaluator, type FailMode } from './evaluator.ts';
import { litellmContract } from './litellm.ts';
import { Metrics } from './metrics.ts';
import { moderationContract } from './moderation.ts';
import { ofrepContract } from './ofrep.ts';
import { portkeyContract } from './portkey.ts';
import { streamContract } from './stream.ts';

export type Sidecar = { port: number; guard: Guard; close(): Promise<void> };

export interface SidecarOptions {
  guard: GuardOptions;
  /** 0 takes a free port. */
  port: number;
  host: string;
  /** Callers must show it; without one everybody who reaches the port may ask. */
  token?: string;
  /** What to do where there is no ruleset; `open` unless told otherwise. */
  fail?: FailMode;
  /** What becomes of a request of which something cannot be read; counted unless told otherwise. */
  onUnreadable?: OnUnreadable;
  /** Where agentgateway asks, before `/request` and `/response`; empty for the root. */
  agentgatewayPath?: string;
}

/** Milliseconds that calls which have begun get to finish when the sidecar stops. */
const DRAIN_MS = 5_000;
const IDLE_CHECK_MS = 50;
/** How long a caller may go on sending after it has its answer. */
const LINGER_MS = 1_000;

/**
 * Serves decisions over HTTP to programs in other languages. It starts, and answers by its last good ruleset, while
 * the feed is away. `close` takes no new calls, finishes those that have begun, then sends the last counters.
 */
export async function startSidecar(options: SidecarOptions): Promise<Sidecar> {
  const { port, host, token, fail = 'open', agentgatewayPath = '', onUnreadable = 'count' } = options;
  const guard = createGuard({ ...options.guard, kind: 'sidecar' });
  const evaluator = createEvaluator(guard, fail, onUnreadable);
  const metrics = new Metrics();
  const authenticate = createAuth(token);
  let closing = false;

  const desk: Desk = {
    guard,
    evaluator,
    count: (call) => {
      metrics.call(call);
      guard.coverage(call.contract, call.phase, {
        streamed: call.streamed,
        unseen: call.unseen,
        unread: call.unread ?? [],
      });
    },
    note: (response, degraded) => {
      if (degraded === null) return;
      metrics.degraded(degraded);
      response.setHeader('x-stopgap-degraded', degraded);
    },
  };
  const contracts = [
    decideContract(desk),
    streamContract(desk),
    litellmContract(desk),
    portkeyContract(desk),
    agentgatewayContract(desk, agentgatewayPath),
    moderationContract(desk),
    ofrepContract(desk, fail),
  ];
  const own: Contract = {
    name: 'sidecar',
    refuse: refuseJson,
    routes: {
      'GET /metrics': (_, response) => {
        const body = metrics.text(guard.status());
        response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(body);
      },
    },
  };
  const open: Record<string, Handler> = {
    'GET /healthz': (_, response) => answerJson(response, 200, { ok: true }),
    'GET /readyz': (_, response) => {
      const { seq, state, reason } = guard.status();
      answerJson(response, seq > 0 && !closing ? 200 : 503, { seq, state, ...(reason && { reason }) });
    },
  };
  const find = router([...contracts, own]);

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const startedAt = performance.now();
    const url = URL.parse(request.url ?? '/', 'http://sidecar');
    const path = url?.pathname ?? '';
    const found = find(`${request.method} ${path}`);
    try {
      if (!url) throw new AppError('invalid', 'The address of the request cannot be read.');
      const free = open[`${request.method} ${path}`];
      if (free) return await free(request, response, url);
      authenticate(request);
      if (!found) throw new AppError('not_found', `There is no ${request.method} ${path} here.`);
      if (closing) response.setHeader('connection', 'close');
      await found.handler(request, response, url);
      metrics.observe(found.contract.name, (performance.now() - startedAt) / 1_000);
    } catch (error) {
      refuse(found?.contract ?? own, response, error);
    }
  };
  const server = createServer(
    { keepAlive: true, noDelay: true, headersTimeout: 15_000, requestTimeout: 0 },
    (request, response) => {
      response.once('finish', () => linger(request));
      void answer(request, response);
    },
  );
  // Gateways keep their connections; ours must not close first between two calls.
  server.keepAliveTimeout = 65_000;

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, backlog: 1_024 }, resolve);
  }).catch(async (error) => {
    await guard.close();
    throw error;
  });
  await guard.start();

  return {
    port: (server.address() as AddressInfo).port,
    guard,
    close: async () => {
      closing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // A kept connection becomes idle only after the call it carries.
      const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
      const drained = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
      await closed;
      clearInterval(idle);
      clearTimeout(drained);
      await guard.close();
    },
  };
}

/** What a caller goes on to send is read and dropped, so that it can read our answer; but not for ever. */
function linger(request: IncomingMessage): void {
  if (request.complete) return;
  request.resume();
  setTimeout(() => request.complete || request.destroy(), LINGER_MS).unref();
}

/** Finds who answers `METHOD /path`. */
function router(contracts: readonly Contract[]) {
  const exact = new Map<string, { contract: Contract; handler: Handler }>();
  const under: { prefix: string; contract: Contract; handler: Handler }[] = [];
  for (const contract of contracts) {
    for (const [route, handler] of Object.entries(contract.routes)) {
      if (route.endsWith('/*')) under.push({ prefix: route.slice(0, -1), contract, handler });
      else exact.set(route, { contract, handler });
    }
  }
  return (route: string) => exact.get(route) ?? under.find(({ prefix }) => route.startsWith(prefix));
}

/** Any error in the contract's own shape; what is unexpected is logged and told as `unavailable`. */
function refuse(contract: Contract, response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (!(error instanceof AppError)) {
    log('error', 'sidecar: unexpected error', errorFields(error));
    contract.refuse(response, 500, { code: 'unavailable', message: 'The sidecar could not answer.' });
    return;
  }
  // What is left of an over-long body is not worth reading.
  if (error.code === 'too_large') response.setHeader('connection', 'close');
  contract.refuse(response, ERROR_STATUS[error.code], error);
}
