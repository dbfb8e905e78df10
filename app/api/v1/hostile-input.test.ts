// Before anything else of Next is loaded: the stores of a request need it.
import 'next/dist/server/node-environment-baseline';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { db } from '#lib/db';
import { ERROR_STATUS } from '#lib/errors';
import { newId } from '#lib/ids';
import { hashKey, newKeySecret } from '#lib/keys/secret';
import { clusterOf, flagged, machine, person, sentRow } from '#tests/fixtures';
import { illegalWord, isTaken, storable, tryJson } from '#tests/hostile/answers';
import { cookieOf, inRequestScope } from '#tests/hostile/request-scope';
import { fieldsOf, kindsOf, type Path, replaced, type Schema, sampleOf } from '#tests/hostile/schema-walk';
import {
  HEAVY_VALUES,
  HOSTILE_HEADERS,
  hostileValues,
  hostileWords,
  Raw,
  textOf,
} from '#tests/hostile/values';
import { backtested, ruleDesk } from '#tests/rules';
import { GET as describeApi } from './openapi.json/route.ts';

// Walks the served OpenAPI document: every call, every parameter, header and field of a body, each with hostile values.

type Parameter = { name: string; in: 'path' | 'query' | 'header'; schema: Schema };
type Described = {
  summary: string;
  description: string;
  parameters: Parameter[];
  requestBody?: { content: { 'application/json': { schema: Schema } } };
  responses: Record<string, unknown>;
};
type Handler = (request: Request, context: { params: Promise<Record<string, string>> }) => Promise<Response>;
type Call = { method: string; path: string; described: Described; handler: Handler };
type Sent = {
  words?: Record<string, string>;
  query?: string;
  body?: string;
  headers?: Record<string, string>;
};

const document = (await describeApi(new Request('http://stopgap.test/api/v1/openapi.json')).json()) as {
  paths: Record<string, Record<string, Described>>;
  components: { schemas: { Error: Schema } };
};
const problem = z.fromJSONSchema(document.components.schemas.Error as never);

const CALLS: Call[] = [];
for (const [at, methods] of Object.entries(document.paths)) {
  const folder = at
    .replaceAll('{', '[')
    .replaceAll('}', ']')
    .replace(/^\/api\/v1/, '');
  const routes = await import(path.join(import.meta.dirname, folder, 'route.ts'));
  for (const [method, described] of Object.entries(methods)) {
    CALLS.push({ method: method.toUpperCase(), path: at, described, handler: routes[method.toUpperCase()] });
  }
}

/** What parts of a path and fields of a body are called here, so that calls come as far as the database. */
let seeds: Record<string, unknown> = {};
let words: Record<string, string> = {};
let keys: Record<string, string> = {};
let cookies: { admin: string; commander: string };

beforeAll(async () => {
  const desk = await ruleDesk();
  const rule = await desk.draft();
  await backtested(rule.id);
  await desk.live();
  const ids = [await flagged(), await flagged()];
  const cluster = await clusterOf(ids);
  const backtest = await db.backtest.findFirstOrThrow();
  await db.instance.create({
    data: {
      id: 'eu-1',
      sdkVersion: '1.0.0',
      activeSeq: 1,
      state: 'active',
      labels: {},
      lastSeenAt: new Date(),
    },
  });
  words = {
    id: rule.ref,
    ref: desk.incident.ref,
    instance: 'eu-1',
    adapter: 'sarif',
    seq: '1',
    '/api/v1/interactions/{id}': ids[0] ?? '',
    '/api/v1/clusters/{ref}': cluster.ref,
    '/api/v1/backtests/{id}': backtest.id,
    '/api/v1/batches/{id}/reverse': newId(),
  };
  seeds = {
    incident: desk.incident.ref,
    mitigation: rule.ref,
    cluster: cluster.ref,
    clusterId: cluster.id,
    shown: ids,
    interactionIds: [ids[0]],
    commanderId: desk.bo.id,
    version: 1,
    confirm: rule.ref,
    reason: 'because it is so',
    breakGlassReason: 'nobody else is awake now',
    occurredAt: '2026-11-01T12:00:00Z',
    pattern: 'evil\\(',
    packages: ['left-pad'],
    models: ['codex-sim'],
    expiresInMinutes: 30,
    tests: { mustMatch: [{ text: 'evil(' }], mustNotMatch: [] },
  };
  const secret = async (scope: 'ingest' | 'respond' | 'export' | 'feed') => {
    const sent = newKeySecret();
    const { id } = await machine([scope], desk.ana.id);
    await db.apiKey.update({ where: { id }, data: { hash: hashKey(sent) } });
    return sent;
  };
  keys = {
    ingest: await secret('ingest'),
    respond: await secret('respond'),
    export: await secret('export'),
    feed: await secret('feed'),
  };
  cookies = {
    admin: await cookieOf((await person('admin')).id),
    commander: await cookieOf(desk.bo.id),
  };
});

/** A key with the scope that the document names, else a session of a person who may. */
function byRight({ described: { description } }: Call): Record<string, string> {
  const scope = Object.keys(keys).find((each) => description.includes(each));
  if (scope) return { authorization: `Bearer ${keys[scope]}` };
  return bySession(description.includes('people') ? cookies.commander : cookies.admin);
}

const bySession = (cookie: string) => ({ cookie, origin: 'http://stopgap.test', host: 'stopgap.test' });

async function send(call: Call, actor: Record<string, string>, sent: Sent): Promise<Answer> {
  const named = [...call.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => [
    name,
    sent.words?.[name] ?? words[call.path] ?? words[name] ?? '',
  ]);
  const params = Object.fromEntries(named);
  const at = call.path.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(params[name] ?? ''));
  const request = new Request(`http://stopgap.test${at}${sent.query ? `?${sent.query}` : ''}`, {
    method: call.method,
    headers: { ...actor, ...sent.headers },
    ...(sent.body !== undefined && { body: sent.body }),
  });
  const response = await inRequestScope(request, () =>
    call.handler(request, { params: Promise.resolve(params) }),
  );
  return { status: response.status, text: await response.text(), sent };
}

let tries = 0;

/** As whoever has the right, and every few calls as a signed-in admin too: the first answer with a fault counts. */
async function tried(call: Call, sent: Sent): Promise<Answer> {
  tries += 1;
  const asAdmin = tries % 6 === 0 ? await send(call, bySession(cookies.admin), sent) : null;
  return asAdmin && faultOf(call, asAdmin) !== null ? asAdmin : send(call, byRight(call), sent);
}

type Answer = { status: number; text: string; sent: Sent };

const STATUS_CODE = new Map<number, string>(
  Object.entries(ERROR_STATUS).map(([code, status]) => [status, code]),
);
/** What only the inside of the server knows. */
const INTERNALS =
  /prisma|postgres|\bpg_|SELECT |INSERT |node_modules|\.ts:\d|at async |ZodError|invalid input syntax|out of range for type|ECONN|stack"/i;

/** What is wrong with an answer, whatever was sent; null when nothing is. */
function faultOf({ described }: Call, { status, text }: Answer): string | null {
  if (!(status in described.responses)) return `${status} is not documented: ${text.slice(0, 300)}`;
  if (status < 300) return null;
  const body = problem.safeParse(tryJson(text));
  if (!body.success) return `${status} is no problem body: ${text.slice(0, 200)}`;
  const { code } = (body.data as { error: { code: string } }).error;
  if (STATUS_CODE.get(status) !== code) return `${status} says ${code}`;
  if (status >= 500) return `${status}: ${text.slice(0, 200)}`;
  return INTERNALS.test(text) ? `internals: ${text.slice(0, 300)}` : null;
}

/** What a body is when nothing of it is hostile. */
function seededBody(call: Call, schema: Schema): unknown {
  if (call.path === '/api/v1/interactions') return sentRow(`row-${Math.random()}`, { findings: [] });
  if (call.path.startsWith('/api/v1/findings/')) {
    return { version: '2.1.0', runs: [{ tool: { driver: { name: 'd' } }, results: [] }] };
  }
  const body = sampleOf(schema, seeds);
  if (call.path === '/api/v1/mitigations') {
    return {
      ...(body as object),
      ...{ title: 'T', matcher: { kind: 'literal', text: 'evil(' }, tests: seeds.tests },
      expiresInMinutes: 30,
    };
  }
  if (call.path.startsWith('/api/v1/batches')) {
    const { filter: _, ...ofCluster } = body as Record<string, unknown>;
    const given = { ...ofCluster, clusterId: seeds.clusterId };
    return 'verdict' in given ? { ...given, verdict: 'benign' } : given;
  }
  return call.method === 'PATCH' ? { ...(body as object), title: 'T' } : body;
}

const shown = (value: unknown) => (value instanceof Raw ? value.json : JSON.stringify(value))?.slice(0, 60);

/** Everything is read before anything is said, so that one run shows all that is wrong. */
class Faults {
  readonly list = new Map<string, number>();
  calls = 0;
  add(call: Call, where: string, value: unknown, fault: string | null): void {
    this.calls += 1;
    if (fault === null) return;
    const line = `${call.method} ${call.path} ${where} = ${shown(value)} → ${fault}`;
    this.list.set(line, (this.list.get(line) ?? 0) + 1);
  }
  expectNone(): void {
    if (this.list.size > 0) throw new Error(['', ...[...this.list.keys()].slice(0, 400)].join('\n'));
  }
}

/** Fields that also get what costs much to read. */
const HEAVY = new Set<unknown>([
  'title',
  'text',
  'reason',
  'labels',
  'prompt',
  'matcher',
  'interactionIds',
  'actorId',
]);
/** Fields from which on a body gets a part of the values for each; they come round. */
const MANY = 40;
/** Goes on from field to field, so that lists which are tried in part are tried whole. */
let turn = 0;

const titled = CALLS.map((call) => [`${call.method} ${call.path}`, call] as const);

test('the walk knows every call of the document', () => {
  expect(CALLS.length).toBeGreaterThanOrEqual(40);
  expect(CALLS.filter(({ handler }) => typeof handler !== 'function')).toEqual([]);
});

describe.each(titled)('%s', (_, call) => {
  const schema = call.described.requestBody?.content['application/json'].schema;
  const inQuery = call.described.parameters.filter((each) => each.in === 'query');
  const inPath = call.described.parameters.filter((each) => each.in === 'path');

  test('as it is meant, is answered as documented', async () => {
    const body = schema && textOf(seededBody(call, schema));
    for (const actor of [byRight(call), bySession(cookies.admin), bySession(cookies.commander), {}]) {
      const answer = await send(call, actor, body === undefined ? {} : { body });
      expect(faultOf(call, answer)).toBeNull();
      expect(answer.status).not.toBe(400);
    }
  });

  test('hostile words in its path and query are refused or legal', async () => {
    const faults = new Faults();
    const body = schema && textOf(seededBody(call, schema));
    const withBody = body === undefined ? {} : { body };
    for (const { name } of inPath) {
      for (const word of hostileWords(name, new Set(['string']), turn++)) {
        const answer = await tried(call, { ...withBody, words: { [name]: word } });
        const accepted = answer.status < 300 && word !== (words[call.path] ?? words[name]);
        faults.add(call, `{${name}}`, word, accepted ? `${answer.status}` : faultOf(call, answer));
      }
    }
    for (const { name, schema: each } of inQuery) {
      for (const word of hostileWords(name, kindsOf(each), turn++)) {
        const query = `${encodeURIComponent(name)}=${encodeURIComponent(word)}`;
        const answer = await tried(call, { ...withBody, query });
        const fault = faultOf(call, answer) ?? (answer.status < 300 ? illegalWord(each, word) : null);
        faults.add(call, `?${name}`, word, fault);
      }
      const twice = await tried(call, { ...withBody, query: `${name}=1&${name}=2` });
      faults.add(call, `?${name} twice`, '', faultOf(call, twice) ?? (twice.status < 300 ? 'taken' : null));
    }
    for (const query of [
      'unknown=1',
      '__proto__=1',
      'a%00=1',
      '%E0%A4%A=1',
      '=',
      'constructor[prototype]=1',
      '%=%',
    ]) {
      const answer = await tried(call, { ...withBody, query });
      // What describes the API says the same to everybody, whatever they ask.
      const taken = answer.status < 300 && !call.path.endsWith('openapi.json');
      faults.add(call, '?', query, faultOf(call, answer) ?? (taken ? 'taken' : null));
    }
    faults.expectNone();
  });

  test('hostile headers are refused or without effect', async () => {
    const faults = new Faults();
    const body = schema && textOf(seededBody(call, schema));
    for (const [name, values] of Object.entries(HOSTILE_HEADERS)) {
      for (const value of values) {
        const headers = { ...byRight(call), [name]: value };
        const answer = await send(call, headers, body === undefined ? {} : { body });
        faults.add(call, name, value, faultOf(call, answer));
      }
    }
    faults.expectNone();
  });

  test.runIf(schema !== undefined)('hostile values in its body are refused or legal', async () => {
    const faults = new Faults();
    const legal = z.fromJSONSchema((schema ?? {}) as never);
    const base = seededBody(call, schema ?? {});
    const fields = new Map(
      [...fieldsOf(schema ?? {}, seeds, base)].map((each) => [each.path.join('.'), each]),
    );
    const every = fields.size > MANY ? 5 : 1;
    for (const { path: at, base: around, schema: each } of fields.values()) {
      const heavy = at.length === 1 && HEAVY.has(at[0]) ? HEAVY_VALUES : [];
      for (const value of [...hostileValues(kindsOf(each), turn++, every), ...heavy]) {
        await tryBody(at, replaced(around, at, value), value);
      }
      await tryBody([...at, 'unknown'], replaced(around, [...at, 'unknown'], 1), 'unknown');
    }
    for (const body of [
      '',
      '{',
      'null',
      '[]',
      '"',
      '\u0000',
      '[1,]',
      '{"a":1}{"b":2}',
      '\ufeff{}',
      'NaN',
      '"\ud800"',
    ]) {
      await tryText([], body, body);
    }
    faults.expectNone();

    async function tryBody(at: Path, body: unknown, value: unknown) {
      await tryText(at, textOf(body), value);
    }
    async function tryText(at: Path, text: string, value: unknown) {
      const answer = await tried(call, { body: text });
      let fault = faultOf(call, answer);
      if (fault === null && answer.status < 300 && text !== '' && isTaken(answer.text)) {
        const parsed = tryJson(text);
        if (!legal.safeParse(parsed).success) fault = `${answer.status} of what the document forbids`;
        else if (!storable(parsed)) fault = `${answer.status} of what cannot be stored`;
      }
      faults.add(call, at.join('.') || '(body)', value, fault);
      // The next one meets what this one met.
      if (call.method === 'PATCH' && answer.status === 200) {
        await db.mitigation.updateMany({ where: { number: 1 }, data: { version: 1, state: 'draft' } });
      }
      if (answer.status === 202) await db.backtest.deleteMany({ where: { state: 'queued' } });
    }
  });
});
