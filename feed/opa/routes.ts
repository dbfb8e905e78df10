import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Actor } from '#lib/actor';
import { parse } from '#lib/parse';
import type { Permission } from '#lib/permissions';
import { bundleKeyId, bundlePublicKeyPem } from '#lib/rulesets/bundle-signing';
import type { Report } from '#sdk/report';
import { answerJson } from '../answer.ts';
import { type LongPoll, preferredWait } from '../long-poll.ts';
import { storable, storableText } from '../report.ts';
import type { Current } from '../source.ts';
import { readOpaJson } from './body.ts';
import { opaBundle } from './bundle.ts';
import { decisionLogSchema, statusSchema } from './messages.ts';
import { OpaReports } from './reports.ts';

/** Shorter than the 25 s of silence after which an instance counts as gone: a waiting OPA is heard in time. */
const WAIT_MAX_S = 15;
const MEDIA_TYPE = 'application/vnd.openpolicyagent.bundles';

type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void>;

type Surroundings = {
  authorize(request: IncomingMessage, permission: Permission): Promise<Actor>;
  newest(): Current | null;
  /** Now, on the database's clock. */
  now(): Date;
  longPoll: LongPoll;
  /** Resolves when the report is committed. */
  take(actor: Actor, report: Report, at: Date): Promise<void>;
  offered(instanceId: string, seq: number): void;
};

/** OPA's bundle, status and decision-log APIs. Answers the handler for a request, undefined for other paths. */
export function opaRoutes(around: Surroundings): (method: string, pathname: string) => Handler | undefined {
  const reports = new OpaReports();
  const bundles = new Map<boolean, { seq: number; bytes: Buffer }>();

  const bundleOf = (current: Current, signed: boolean): Buffer => {
    const made = bundles.get(signed);
    if (made?.seq === current.seq) return made.bytes;
    const { payload } = JSON.parse(current.body.toString()) as { payload: string };
    const bytes = opaBundle(payload, signed);
    bundles.set(signed, { seq: current.seq, bytes });
    return bytes;
  };

  const serveBundle: Handler = async (request, response, { searchParams }) => {
    const at = around.now();
    const actor = await around.authorize(request, 'ruleset.follow');
    const { instance, signed, ...labels } = Object.fromEntries(searchParams);
    const isSigned = signed === '1';
    const instanceId = storableText(instance?.slice(0, 200) ?? '') || null;
    const known = activated(request.headers['if-none-match'], isSigned);
    if (instanceId && known !== null) {
      // Not waited for: an OPA must get its rules while the database is away.
      around
        .take(actor, storable(reports.polled(instanceId, { ...labels, instance: instanceId }, known)), at)
        .catch(() => undefined);
    }
    const wait = Math.min(preferredWait(request.headers.prefer), WAIT_MAX_S);
    const current = await around.longPoll.newer(response, known, wait, around.newest);
    const etag = etagOf(current?.seq ?? known ?? 0, isSigned);
    const headers = { etag, 'cache-control': 'no-store' };
    if (!current) {
      response.writeHead(304, headers).end();
      return;
    }
    const bytes = bundleOf(current, isSigned);
    response
      .writeHead(200, { ...headers, 'content-type': MEDIA_TYPE, 'content-length': bytes.length })
      .end(bytes);
    if (instanceId) around.offered(instanceId, current.seq);
  };

  const takeStatus: Handler = async (request, response) => {
    const at = around.now();
    const actor = await around.authorize(request, 'fleet.report');
    const report = reports.status(parse(statusSchema, await readOpaJson(request)), around.newest()?.seq ?? 0);
    if (report) await around.take(actor, storable(report), at);
    answerJson(response, 200, {});
  };

  const takeDecisions: Handler = async (request, response) => {
    const at = around.now();
    const actor = await around.authorize(request, 'fleet.report');
    const found = reports.decisions(parse(decisionLogSchema, await readOpaJson(request)));
    await Promise.all(found.map((report) => around.take(actor, storable(report), at)));
    answerJson(response, 200, {});
  };

  const showKey: Handler = async (request, response) => {
    await around.authorize(request, 'ruleset.follow');
    answerJson(response, 200, { keyId: bundleKeyId(), algorithm: 'RS256', publicKey: bundlePublicKeyPem() });
  };

  return (method, pathname) => {
    if (method === 'GET' && pathname === '/bundles/stopgap.tar.gz') return serveBundle;
    if (method === 'GET' && pathname === '/v1/bundle-key') return showKey;
    // OPA appends a partition name when it is configured with one.
    if (method === 'POST' && /^\/status(\/[^/]*)?$/.test(pathname)) return takeStatus;
    if (method === 'POST' && /^\/logs(\/[^/]*)?$/.test(pathname)) return takeDecisions;
    return undefined;
  };
}

const etagOf = (seq: number, signed: boolean) => `"${seq}${signed ? 's' : ''}"`;

/**
 * The ruleset that the caller activated: OPA repeats the ETag of its last successful activation, and an empty one
 * after any error. Null when it has none, or has the bundle with other signing than it asks for now.
 */
function activated(header: string | undefined, signed: boolean): number | null {
  const found = /^\s*(?:W\/)?"(\d{1,9})(s?)"\s*$/.exec(header ?? '');
  return found && (found[2] === 's') === signed ? Number(found[1]) : null;
}
