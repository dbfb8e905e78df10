import { beforeAll, expect, test } from 'vitest';
import type { UserActor } from '#lib/actor';
import { db } from '#lib/db';
import { newId } from '#lib/ids';
import { hashKey, newKeySecret } from '#lib/keys/secret';
import { RULE_BODY_BYTES } from '#lib/mitigations/body-size';
import { approveMitigation } from '#lib/mitigations/mutations';
import { flagged, person } from '#tests/fixtures';
import { workOnNext } from '#tests/run-backtest';
import { GET as readBacktest } from '../backtests/[id]/route.ts';
import { POST as tryOut } from '../backtests/route.ts';
import { POST as approve } from './[id]/approve/route.ts';
import { POST as backtest } from './[id]/backtest/route.ts';
import { POST as publish } from './[id]/publish/route.ts';
import { PATCH as edit, GET as read } from './[id]/route.ts';
import { GET as versions } from './[id]/versions/route.ts';
import { POST as withdraw } from './[id]/withdraw/route.ts';
import { POST as draft, GET as list } from './route.ts';

let author: string;
let approver: UserActor;
let incident: string;

/** A key that the database knows, as machines send it. */
async function key(createdById: string, scopes: string[]): Promise<string> {
  const secret = newKeySecret();
  const source = newId();
  await db.apiKey.create({
    data: {
      id: newId(),
      name: source,
      source,
      scopes,
      hash: hashKey(secret),
      prefix: 'sg_test',
      createdById,
      heldById: createdById,
    },
  });
  return secret;
}

type Handler = (request: Request, context: { params: Promise<Record<string, string>> }) => Promise<Response>;

async function call(
  handler: Handler,
  secret: string,
  options: { id?: string; body?: unknown; query?: string } = {},
) {
  const { id, body, query = '' } = options;
  const request = new Request(`http://localhost/api/v1/mitigations${query}`, {
    method: handler === list || handler === read || handler === versions ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${secret}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const response = await handler(request, {
    params: Promise.resolve<Record<string, string>>(id ? { id } : {}),
  });
  return { status: response.status, body: await response.json() };
}

beforeAll(async () => {
  author = await key((await person('commander')).id, ['respond']);
  approver = await person('commander');
  const row = await db.incident.create({ data: { id: newId(), title: 'T', severity: 'sev2' } });
  incident = `INC-${row.number}`;
  await db.incidentInteraction.create({ data: { incidentId: row.id, interactionId: await flagged() } });
});

const rule = () => ({
  incident,
  title: 'SQL by concatenation',
  matcher: { kind: 'literal', text: 'WHERE name = \'"' },
  target: 'completion',
  action: 'block',
  mode: 'enforce',
  expiresInMinutes: 60,
});

test('a machine drafts, back-tests, edits, has it approved, publishes and withdraws', async () => {
  const drafted = await call(draft, author, { body: rule() });
  expect(drafted).toMatchObject({ status: 201, body: { state: 'draft', version: 1 } });
  const id: string = drafted.body.ref;
  const tried = await call(backtest, author, { id });
  expect(tried.status).toBe(202);
  await workOnNext();
  const found = await call(readBacktest, author, { id: tried.body.id });
  expect(found.body).toMatchObject({ state: 'done', result: { incident: { hits: 1, total: 1 } } });
  const edited = await call(edit, author, { id, body: { version: 1, title: 'SQL again' } });
  expect(edited).toMatchObject({ status: 200, body: { version: 2 } });
  expect((await call(publish, author, { id })).status).toBe(403);
  expect((await call(approve, author, { id })).status).toBe(403);
  // The second person is a signed-in one; a key cannot say who holds it.
  await approveMitigation(approver, { mitigation: id });
  const published = await call(publish, author, { id });
  expect(published).toMatchObject({ status: 200, body: { ref: id, breakGlass: false } });
  expect((await call(publish, author, { id })).status).toBe(409);
  const listed = await call(list, author, { query: '?state=live' });
  expect(listed.body).toMatchObject({ items: [{ ref: id, mode: 'enforce', hits: 0 }], nextCursor: null });
  const kept = await call(versions, author, { id });
  expect(kept.body.items).toMatchObject([
    { version: 1, content: { title: 'SQL by concatenation' } },
    { version: 2, content: { title: 'SQL again' } },
  ]);
  expect((await call(read, author, { id })).body.digest).toBe(kept.body.items[1].digest);
  expect((await call(versions, author, { id: 'R-99999' })).status).toBe(404);
  const ended = await call(withdraw, author, { id, body: { reason: 'fixed' } });
  expect(ended.body.seq).toBe(published.body.seq + 1);
  expect((await call(read, author, { id: drafted.body.id })).body).toMatchObject({ state: 'withdrawn' });
});

test('what acts on everything goes out to whoever types its name, also through the API', async () => {
  const everything = { ...rule(), matcher: { kind: 'any' }, scope: { models: ['m'] }, expiresInMinutes: 30 };
  const { ref: id } = (await call(draft, author, { body: everything })).body;
  await approveMitigation(approver, { mitigation: id, confirm: id });
  const untyped = await call(publish, author, { id });
  expect(untyped).toMatchObject({
    status: 400,
    body: { error: { fields: { confirm: expect.any(String) } } },
  });
  expect((await call(publish, author, { id, body: { confirm: id } })).status).toBe(200);
});

test('refusals have the public shape and name the fields', async () => {
  const { expiresInMinutes: _, ...endless } = rule();
  const refused = await call(draft, author, { body: endless });
  expect(refused).toMatchObject({
    status: 400,
    body: { error: { code: 'invalid', fields: { expiresAt: expect.any(String) } } },
  });
  const long = await call(draft, author, { body: { ...rule(), expiresInMinutes: 31 * 24 * 60 } });
  expect(long.body.error.fields).toHaveProperty('expiresInMinutes');
  const past = await call(draft, author, { body: { ...endless, expiresAt: '2020-01-01T00:00:00Z' } });
  expect(past.body.error.fields).toHaveProperty('expiresAt');
  const nul = await call(draft, author, {
    body: { ...rule(), matcher: { kind: 'literal', text: 'a\u0000b' } },
  });
  expect(Object.keys(nul.body.error.fields)).toEqual([expect.stringMatching(/^matcher/)]);
  const pasted = await call(draft, author, {
    body: { ...rule(), matcher: { kind: 'imports', packages: ['left-pad', 'lodash": "1'] } },
  });
  expect(pasted.body.error.fields['matcher.packages']).toMatch(/is no name of a package/);
  const extra = await call(draft, author, { body: { ...rule(), regex: 'x' } });
  expect(extra.body.error.fields).toHaveProperty('regex');
  const short = await call(publish, author, { id: 'R-1', body: { breakGlassReason: 'because' } });
  expect(short).toMatchObject({
    status: 400,
    body: { error: { fields: { breakGlassReason: expect.any(String) } } },
  });
  expect((await call(read, author, { id: 'R-99999' })).status).toBe(404);
  const feedKey = await key((await person('admin')).id, ['feed']);
  expect((await call(draft, feedKey, { body: rule() })).status).toBe(403);
});

test('lists page by page without losing one', async () => {
  for (let n = 0; n < 5; n++) await call(draft, author, { body: rule() });
  const seen: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page: { body: { items: { ref: string }[]; nextCursor: string | null } } = await call(list, author, {
      query: `?limit=2${cursor && `&cursor=${cursor}`}`,
    });
    seen.push(...page.body.items.map((item) => item.ref));
    cursor = page.body.nextCursor;
  }
  expect(seen).toHaveLength(await db.mitigation.count());
  expect(new Set(seen).size).toBe(seen.length);
});

const MANY = 100_000;
/** A list as long as a rule takes, every entry with its registry and two ranges of versions. */
const packages = (last: string) =>
  Array.from({ length: MANY }, (_, at) => ({
    name: at === MANY - 1 ? last : `@acme-scope/quill-${at}`,
    ecosystem: 'npm',
    versions: '>=1.0.0 <1.2.0',
  }));

test('takes a hundred thousand packages, in a draft, an edit and a back-test', async () => {
  const row = await db.incident.create({ data: { id: newId(), title: 'Wave', severity: 'sev2' } });
  const interactionId = await flagged({
    completion: 'npm install quill-first@1.1.0 quill-second@1.1.0\n',
    language: 'shell',
  });
  await db.incidentInteraction.create({ data: { incidentId: row.id, interactionId } });
  const wave = `INC-${row.number}`;
  const matcher = (last: string) => ({ kind: 'imports', packages: packages(last) });
  const drafted = await call(draft, author, {
    body: { ...rule(), incident: wave, matcher: matcher('quill-first') },
  });
  expect(drafted).toMatchObject({ status: 201, body: { version: 1 } });
  const id: string = drafted.body.ref;
  const edited = await call(edit, author, { id, body: { version: 1, matcher: matcher('quill-second') } });
  expect(edited).toMatchObject({ status: 200, body: { version: 2 } });
  const tried = await call(tryOut, author, {
    body: { scope: {}, matcher: matcher('quill-second'), target: 'completion', incident: wave },
  });
  expect(tried.status).toBe(202);
  const more = [...packages('x'), 'one-more'];
  const refused = await call(draft, author, {
    body: { ...rule(), matcher: { kind: 'imports', packages: more } },
  });
  expect(refused.body.error.fields['matcher.packages']).toBe('must be at most 100,000 packages');
});

test('a body that weighs more than a rule may is refused as too large', async () => {
  const body = { ...rule(), title: 'x'.repeat(RULE_BODY_BYTES) };
  expect(await call(draft, author, { body })).toMatchObject({
    status: 413,
    body: { error: { code: 'too_large', message: expect.stringContaining(String(RULE_BODY_BYTES)) } },
  });
});
