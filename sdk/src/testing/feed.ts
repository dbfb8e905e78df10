import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Head, headPayload, headText } from '../head.ts';
import { type Report, reportBatchSchema, reportSchema, type Sample, sampleBatchSchema } from '../report.ts';
import type { Snapshot } from '../rule.ts';

export const TEST_KEY = 'sg_test';

interface Signer {
  keyId: string;
  publicKey: string;
  privateKey: KeyObject;
}

export function makeSigner(keyId = 'k1'): Signer {
  const pair = generateKeyPairSync('ed25519');
  return {
    keyId,
    publicKey: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    privateKey: pair.privateKey,
  };
}

export function seal(snapshot: Snapshot | object, signer: Signer): string {
  const payload = JSON.stringify(snapshot);
  const signature = sign(null, Buffer.from(payload), signer.privateKey).toString('base64');
  return JSON.stringify({ payload, signature, keyId: signer.keyId });
}

/** A head as the publisher signs it. */
export function sealHead(head: Head, signer: Signer): string {
  const signature = sign(null, Buffer.from(headPayload(head)), signer.privateKey).toString('base64');
  return headText(head, signature);
}

/** What a head says of an envelope whose ruleset is the newest at `at`. */
export function headOf(envelope: string, at = new Date()): Head {
  const { payload } = JSON.parse(envelope) as { payload: string };
  const { seq } = JSON.parse(payload) as { seq: number };
  return { seq, sha256: createHash('sha256').update(payload).digest('hex'), at };
}

/** A small real feed on 127.0.0.1: streams whatever text it is told to, takes and checks reports. */
export class TestFeed {
  readonly signer: Signer;
  readonly reports: Report[] = [];
  readonly samples: Sample[] = [];
  readonly lastEventIds: (string | undefined)[] = [];
  /** Answered to reports instead of taking them, while set. */
  reportStatus = 0;
  /** Fields of reports that this feed does not know and refuses, as one from before them does. */
  readonly unknown = new Set<string>();
  /** Answered to samples instead of taking them, while set. */
  sampleStatus = 0;
  /** Answered to stream requests, while set. */
  streamStatus = 0;
  current: { seq: number; text: string } | undefined;
  /** What it sends before each ruleset: by default a head of just that one, signed now. */
  head: 'fresh' | 'none' | { text: string } = 'fresh';
  #server: Server | undefined;
  #streams = new Set<ServerResponse>();
  #port = 0;

  constructor(signer: Signer = makeSigner()) {
    this.signer = signer;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get streams(): number {
    return this.#streams.size;
  }

  /** Listens on a free port, and after a `kill` on the same one again. */
  async listen(): Promise<this> {
    const server = createServer((request, response) => void this.#answer(request, response));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
    return this;
  }

  async kill(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
    this.#streams.clear();
  }

  publish(snapshot: Snapshot, signer = this.signer): void {
    this.publishText(snapshot.seq, seal(snapshot, signer));
  }

  publishText(seq: number, text: string): void {
    this.current = { seq, text };
    for (const stream of this.#streams) this.#push(stream);
  }

  sendToAll(text: string): void {
    for (const stream of this.#streams) stream.write(text);
  }

  /** A head alone, to every stream. */
  sendHead(text: string): void {
    this.sendToAll(`event: head\ndata: ${text}\n\n`);
  }

  /** Like the real one: a head to everybody, and a ruleset to those to whom it is news. */
  #push(stream: ServerResponse, isNews = true): void {
    if (!this.current) return;
    const { seq, text } = this.current;
    const head = this.#headBefore(text);
    if (head !== '') stream.write(`event: head\ndata: ${head}\n\n`);
    if (isNews) stream.write(`event: snapshot\nid: ${seq}\ndata: ${text}\n\n`);
  }

  #headBefore(envelope: string): string {
    if (this.head === 'none') return '';
    if (this.head !== 'fresh') return this.head.text;
    try {
      return sealHead(headOf(envelope), this.signer);
    } catch {
      // What is no envelope has no head.
      return '';
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', this.url);
    if (request.headers.authorization !== `Bearer ${TEST_KEY}`) {
      response.writeHead(401).end();
      return;
    }
    if (pathname === '/v1/key') {
      const { keyId, publicKey } = this.signer;
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keyId, publicKey }));
      return;
    }
    if (pathname === '/v1/stream') {
      const last = request.headers['last-event-id'];
      this.lastEventIds.push(Array.isArray(last) ? last[0] : last);
      if (this.streamStatus > 0) {
        response.writeHead(this.streamStatus).end();
        return;
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(': hello\n\n');
      this.#streams.add(response);
      response.on('close', () => this.#streams.delete(response));
      this.#push(response, this.current?.seq !== Number.parseInt(String(last), 10));
      return;
    }
    let body = '';
    request.setEncoding('utf8');
    for await (const chunk of request) body += chunk;
    if (pathname === '/v1/samples') {
      if (this.sampleStatus === 0) this.samples.push(...sampleBatchSchema.parse(JSON.parse(body)).samples);
      response.writeHead(this.sampleStatus || 204).end();
      return;
    }
    const refused = pathname === '/v1/report' ? this.#refusals(JSON.parse(body)) : {};
    if (Object.keys(refused).length > 0) {
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { code: 'invalid', message: 'no', fields: refused } }));
      return;
    }
    if (this.reportStatus === 0 && pathname === '/v1/reports') {
      this.reports.push(...reportBatchSchema.parse(JSON.parse(body)).reports.map(({ report }) => report));
    } else if (this.reportStatus === 0) this.reports.push(reportSchema.parse(JSON.parse(body)));
    response.writeHead(this.reportStatus || 204).end();
  }

  #refusals(report: Record<string, unknown>): Record<string, string> {
    const paths = Object.entries(report).flatMap(([field, value]) => [
      field,
      ...(Array.isArray(value)
        ? value.flatMap((entry, index) => Object.keys(entry).map((key) => `${field}.${index}.${key}`))
        : []),
    ]);
    const unknown = paths.filter((path) => this.unknown.has(path.replace(/\.\d+\./, '.*.')));
    return Object.fromEntries(unknown.map((path) => [path, 'is not a known field']));
  }
}

/** Waits for something real to happen; fails after `timeoutMs` with `what`. */
export async function until(what: string, check: () => boolean, timeoutMs = 60_000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!check()) {
    if (performance.now() > end) throw new Error(`Did not happen in ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
