import { get, type IncomingMessage } from 'node:http';
import { db } from '#lib/db';
import { newId } from '#lib/ids';
import { hashKey, newKeySecret } from '#lib/keys/secret';
import type { Scope } from '#lib/permissions';
import { publishSnapshot } from '#lib/rulesets/publish';
import type { Report } from '#sdk/report';
import { createSseParser } from '#sdk/sse';

/** A real key in the database; answers the secret. */
export async function feedKey(scopes: Scope[] = ['feed']): Promise<string> {
  const key = newKeySecret();
  const id = newId();
  await db.apiKey.create({
    data: { id, name: `key ${id}`, source: 'fleet', scopes, hash: hashKey(key), prefix: key.slice(0, 8) },
  });
  return key;
}

/** Publishes whatever is live; answers its seq. */
export function publish(): Promise<number> {
  return db.$transaction((tx) => publishSnapshot(tx, 'test'));
}

/** The number in an `ETag` or the id of an event, 0 without one. */
export const seqIn = (tag: string | null | undefined): number =>
  Number.parseInt(tag?.replace('"', '') ?? '', 10) || 0;

export type OpenStream = {
  /** Without the signed heads, which come at any time. */
  events: { event: string; id: string | undefined; data: string }[];
  heads: string[];
  response: IncomingMessage;
  closed: boolean;
  close(): void;
};

/** Opens `/v1/stream` and gathers what comes. */
export function openStream(
  port: number,
  key: string,
  options: { instance?: string; lastEventId?: number | string } = {},
): Promise<OpenStream> {
  const instance = encodeURIComponent(options.instance ?? 'probe');
  const headers: Record<string, string> = { authorization: `Bearer ${key}` };
  if (options.lastEventId !== undefined) headers['last-event-id'] = String(options.lastEventId);
  return new Promise((resolve, reject) => {
    const address = `http://127.0.0.1:${port}/v1/stream?instance=${instance}`;
    const request = get(address, { headers, agent: false }, (response) => {
      if (response.statusCode !== 200) {
        response.resume();
        reject(new Error(`HTTP ${response.statusCode}`));
        return;
      }
      const stream: OpenStream = {
        events: [],
        heads: [],
        response,
        closed: false,
        close: () => request.destroy(),
      };
      const parse = createSseParser(({ event, id, data }) => {
        if (event === 'head') stream.heads.push(data);
        else stream.events.push({ event, id, data });
      });
      response.setEncoding('utf8');
      response.on('data', parse);
      response.on('error', () => undefined);
      response.on('close', () => {
        stream.closed = true;
      });
      resolve(stream);
    });
    request.on('error', reject);
  });
}

/** A request with the key; JSON bodies only. */
export function ask(
  port: number,
  key: string,
  path: string,
  init: RequestInit & { headers?: Record<string, string> } = {},
): Promise<Response> {
  const headers = { authorization: `Bearer ${key}`, ...init.headers };
  return fetch(`http://127.0.0.1:${port}${path}`, { ...init, headers });
}

export function postReport(port: number, key: string, report: Partial<Report>): Promise<Response> {
  const body = {
    instanceId: 'pod-1',
    sdkVersion: '0.1.0',
    activeSeq: 1,
    seq: 1,
    state: 'active',
    ...report,
  };
  return ask(port, key, '/v1/report', { method: 'POST', body: JSON.stringify(body) });
}
