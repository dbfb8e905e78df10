import { Agent, type IncomingMessage, request } from 'node:http';
import { monotonicMs } from './child.ts';
import { benchRow } from './ingest-rows.ts';

/** Sends to web over a fixed number of connections that stay open; one message per order. */
const { WEB_URL = '', API_KEY = '' } = process.env;

export type Order = {
  /** `batches`: rows in batches; `single`: one row per call; `nothing`: as many calls that do nothing. */
  kind: 'batches' | 'single' | 'nothing';
  run: string;
  rows: number;
  perCall: number;
  connections: number;
};
export type Done = {
  kind: 'done';
  ms: number;
  created: number;
  calls: number;
  refused: number;
  bytes: number;
};

type Call = { method: string; path: string; body: Buffer | null };

function callsOf({ kind, run, rows, perCall }: Order): (() => Call)[] {
  return Array.from({ length: Math.ceil(rows / perCall) }, (_, index) => () => {
    if (kind === 'nothing') return { method: 'OPTIONS', path: '/api/v1/interactions', body: null };
    const count = Math.min(perCall, rows - index * perCall);
    const batch = Array.from({ length: count }, (_, row) => benchRow(run, index * perCall + row));
    const body = Buffer.from(JSON.stringify(kind === 'single' ? batch[0] : batch));
    return { method: 'POST', path: '/api/v1/interactions', body };
  });
}

function send(agent: Agent, { method, path, body }: Call): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${API_KEY}`,
      ...(body && { 'content-type': 'application/json', 'content-length': body.length }),
    };
    const sent = request(new URL(path, WEB_URL), { method, agent, headers }, (response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
      );
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body ?? undefined);
  });
}

async function obey(order: Order): Promise<Done> {
  const agent = new Agent({ keepAlive: true, maxSockets: order.connections });
  const lazy = callsOf(order);
  // Written before the clock starts, where they fit: what a sender does is not what is measured.
  const ready = order.rows <= 50_000 ? lazy.map((make) => make()) : null;
  const done: Done = { kind: 'done', ms: 0, created: 0, calls: 0, refused: 0, bytes: 0 };
  let next = 0;
  const from = monotonicMs();
  const lane = async () => {
    for (let index = next++; index < lazy.length; index = next++) {
      const call = ready?.[index] ?? lazy[index]?.();
      if (!call) return;
      for (;;) {
        const { status, text } = await send(agent, call);
        if (status === 429) {
          done.refused += 1;
          await new Promise((resolve) => setTimeout(resolve, 100));
          continue;
        }
        if (status !== 200 && status !== 204) throw new Error(`${status} ${text.slice(0, 200)}`);
        // The counts stand before the rows, so the long list need not be parsed.
        done.created += Number(/^\{"created":(\d+)/.exec(text)?.[1] ?? 0);
        done.calls += 1;
        done.bytes += call.body?.length ?? 0;
        break;
      }
    }
  };
  await Promise.all(Array.from({ length: order.connections }, lane));
  done.ms = monotonicMs() - from;
  agent.destroy();
  return done;
}

process.on('message', (order: Order) => {
  obey(order).then(
    (done) => process.send?.(done),
    (error) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.once('SIGTERM', () => process.exit(0));
process.once('disconnect', () => process.exit(0));
process.send?.({ kind: 'ready', active: 1 });
