import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Actor } from '#lib/actor';
import { parse } from '#lib/parse';
import type { Permission } from '#lib/permissions';
import { bundleKeyId, bundlePublicKeyPem } from '#lib/rulesets/bundle-signing';
import type { Report } from '#sdk/report';
import { isNews, type RulesetTag, tagText } from '#sdk/tag';
import { answerJson } from '../answer.ts';
import { type LongPoll, preferredWait } from '../long-poll.ts';
import { storable, storableText } from '../report.ts';
import type { Current } from '../source.ts';
import { readOpaJson } from './body.ts';
import { type OpaBundle, opaBundle } from './bundle.ts';
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
  const bundles = new Map<boolean, { of: string; bundle: OpaBundle }>();

  const bundleOf = (current: Current, signed: boolean): OpaBundle => {
    const made = bundles.get(signed);
    if (made?.of === current.sha256) return made.bundle;
    const { payload } = JSON.parse(current.body.toString()) as { payload: string };
    const bundle = opaBundle(payload, signed);
    bundles.set(signed, { of: current.sha256, bundle });
    return bundle;
  };

  const serveBundle: Handler = async (request, response, { searchParams }) => {
    const at = around.now();
    const actor = await around.authorize(request, 'ruleset.follow');
    const { instance, signed, ...labels } = Object.fromEntries(searchParams);
    const isSigned = signed === '1';
    const instanceId = storableText(instance?.slice(0, 200) ?? '') || null;
    const known = activated(request.headers['if-none-match'], isSigned);
    // What it has under a number of ours with another content is not what was published here: it is told the right one.
    const newest = around.newest();
    const isOther = known !== null && known.seq === newest?.seq && isNews(newest, known);
    if (instanceId && known !== null && !isOther) {
      // Not waited for: an OPA must get its rules while the database is away.
      around
        .take(actor, storable(reports.polled(instanceId, { ...labels, instance: instanceId }, known)), at)
        .catch(() => undefined);
    }
    const wait = Math.min(preferredWait(request.headers.prefer), WAIT_MAX_S);
    const isNewsTo = (current: Current) =>
      isNews(current, known) ||
      (known?.bundle != null &&
        known.seq === current.seq &&
        known.bundle !== bundleOf(current, isSigned).sha256);
    const current = await around.longPoll.newer(response, isNewsTo, wait, around.newest);
    if (wait > 0) await around.authorize(request, 'ruleset.follow');
    if (!current) {
      // What it has keeps the name by which it has it, also where it is ahead of this feed.
      const etag = request.headers['if-none-match'] ?? '';
      response.writeHead(304, { etag, 'cache-control': 'no-store' }).end();
      return;
    }
    const { bytes, sha256 } = bundleOf(current, isSigned);
    response
      .writeHead(200, {
        etag: `"${tagText(current)}-${sha256}"`,
        'cache-control': 'no-store',
        'content-type': MEDIA_TYPE,
        'content-length': bytes.length,
      })
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

type Activated = RulesetTag & { bundle: string | null };

/**
 * The ruleset that the caller activated: OPA repeats the ETag of its last successful activation, and an empty one
 * after any error. It names number, payload and archive; older ones the number, with an `s` for a signed bundle. Null when
 * it has none, or by an older name has the bundle with other signing than it asks for now.
 */
function activated(header: string | undefined, signed: boolean): Activated | null {
  const found = /^\s*(?:W\/)?"(\d{1,10})(?:(s?)|-([0-9a-f]{64})-([0-9a-f]{64}))"\s*$/.exec(header ?? '');
  if (!found) return null;
  const [, seq, suffix, sha256 = null, bundle = null] = found;
  if (sha256 === null && (suffix === 's') !== signed) return null;
  return { seq: Number(seq), sha256, bundle };
}
