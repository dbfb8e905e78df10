import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { systemActor } from '#lib/actor';
import { db } from '#lib/db';
import { createKey } from '#lib/keys/mutations';
import type { Scope } from '#lib/permissions';
import { codeQl, gosec, semgrep } from '../../../../tests/sarif-samples.ts';
import { POST as ingest } from '../interactions/route.ts';
import { POST } from './[adapter]/route.ts';

async function keyFor(...scopes: Scope[]) {
  const source = `findings-${crypto.randomUUID().slice(0, 8)}`;
  const { key } = await createKey(systemActor('test'), { name: source, source, scopes });
  return { source, key };
}

type Body = string | Uint8Array<ArrayBuffer>;

async function post(key: string, adapter: string, body: Body, headers: Record<string, string> = {}) {
  const request = new Request(`http://stopgap.test/api/v1/findings/${adapter}`, {
    method: 'POST',
    body,
    headers: { authorization: `Bearer ${key}`, ...headers },
  });
  const response = await POST(request, { params: Promise.resolve({ adapter: adapter.split('?')[0] }) });
  return { status: response.status, answer: await response.json() };
}

async function interaction(key: string, overrides: Record<string, unknown>) {
  const row = {
    occurredAt: '2026-11-01T12:00:00Z',
    model: { name: 'm', version: '1' },
    surface: 'inline',
    language: 'python',
    actor: { id: 'u' },
    prompt: '',
    completion: 'c',
    ...overrides,
  };
  const request = new Request('http://stopgap.test/api/v1/interactions', {
    method: 'POST',
    body: JSON.stringify(row),
    headers: { authorization: `Bearer ${key}` },
  });
  expect(await (await ingest(request)).json()).toMatchObject({ created: 1 });
}

describe('POST /api/v1/findings/{adapter}', () => {
  it('puts SARIF results onto interactions that are here, by id and by path, and says so again as duplicates', async () => {
    const { key, source } = await keyFor('ingest');
    await interaction(key, { id: 'req-1', path: 'app/users.py', completion: 'cursor.execute(query)' });
    await interaction(key, { id: 'main.go', language: 'go', completion: 'cfg := &tls.Config{}' });
    const both = JSON.stringify({ ...codeQl, runs: [...codeQl.runs, ...gosec.runs] });
    const first = await post(key, 'sarif', new Uint8Array(gzipSync(both)), { 'content-encoding': 'gzip' });
    expect(first).toMatchObject({
      status: 200,
      answer: { mapping: 'sarif/2', added: 2, created: 0, refused: 0 },
    });
    expect(first.answer.results).toEqual([
      { index: 0, id: 'req-1', status: 'added', notShown: [{ what: 'flow', count: 1 }] },
      { index: 1, id: 'main.go', status: 'added' },
    ]);
    expect((await post(key, 'sarif', both)).answer).toMatchObject({ added: 0, duplicates: 2 });
    const stored = await db.finding.findMany({
      where: { interaction: { source } },
      orderBy: { detector: 'asc' },
    });
    expect(stored).toMatchObject([
      { detector: 'CodeQL', start: 15, end: 20 },
      { detector: 'gosec', start: 7, end: 20 },
    ]);
    expect(await db.queueItem.count({ where: { interaction: { source } } })).toBe(2);
  });

  it('makes interactions of what brings its text, refuses what does not, and takes later findings of the same text', async () => {
    const { key, source } = await keyFor('ingest');
    const { answer } = await post(key, 'sarif', JSON.stringify(semgrep));
    expect(answer).toMatchObject({ created: 1, clean: 1, refused: 1 });
    expect(answer.results[2].error).toEqual({
      code: 'not_found',
      message: expect.stringContaining('run.py'),
    });
    expect((await post(key, 'sarif', JSON.stringify(semgrep))).answer).toMatchObject({
      created: 0,
      duplicates: 1,
    });
    const later = structuredClone(semgrep);
    for (const result of later.runs[0]?.results ?? []) result.ruleId = 'another.rule';
    expect((await post(key, 'sarif', JSON.stringify(later))).answer).toMatchObject({ added: 1, created: 0 });
    expect(await db.interaction.findMany({ where: { source }, include: { findings: true } })).toMatchObject([
      { meta: { adapter: { format: 'sarif', mapping: 'sarif/2' } }, findings: [{ start: 4 }, { start: 4 }] },
    ]);
  });

  it('makes a whole file with more findings than a row may bring', async () => {
    const { key, source } = await keyFor('ingest');
    const results = Array.from({ length: 130 }, (_, n) => ({
      ruleId: `r${n}`,
      locations: [{ physicalLocation: { artifactLocation: { uri: 'big.py' }, region: { startLine: 1 } } }],
    }));
    const artifacts = [{ location: { uri: 'big.py' }, contents: { text: 'one line' } }];
    const body = JSON.stringify({ version: '2.1.0', runs: [{ artifacts, results }] });
    expect((await post(key, 'sarif', body)).answer).toMatchObject({ created: 100, added: 30, refused: 0 });
    expect(await db.finding.count({ where: { interaction: { source } } })).toBe(130);
    expect((await post(key, 'sarif', body)).answer).toMatchObject({ duplicates: 130 });
  });

  it('reaches another source by name, and makes nothing there', async () => {
    const [gateway, scanner] = [await keyFor('ingest'), await keyFor('ingest')];
    await interaction(gateway.key, { id: 'app/users.py' });
    const named = `sarif?source=${gateway.source}`;
    expect((await post(scanner.key, named, JSON.stringify(codeQl))).answer).toMatchObject({ added: 1 });
    expect((await post(scanner.key, named, JSON.stringify(semgrep))).answer).toMatchObject({ created: 1 });
    expect(await db.interaction.count({ where: { source: gateway.source } })).toBe(1);
    expect(await db.interaction.count({ where: { source: scanner.source } })).toBe(1);
  });

  it('ends as one interaction when the same report comes many times at once', async () => {
    const { key, source } = await keyFor('ingest');
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => post(key, 'sarif', JSON.stringify(semgrep))),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(200));
    expect(answers.filter(({ answer }) => answer.created === 1)).toHaveLength(1);
    expect(await db.finding.count({ where: { interaction: { source } } })).toBe(1);
  });

  it('takes judgements and gateway logs as rows', async () => {
    const { key, source } = await keyFor('ingest');
    await interaction(key, { id: 'r1' });
    const guard = [
      { id: 'r1', result: 'unsafe\nS14' },
      { id: 'r1', result: 'safe' },
      { id: 'nobody', result: 'unsafe\nS1' },
    ];
    const said = await post(key, 'llama-guard', guard.map((each) => JSON.stringify(each)).join('\n'));
    expect(said.answer).toMatchObject({ mapping: 'llama-guard/2', added: 1, clean: 1, refused: 1 });
    const moderation = { id: 'r1', result: { flagged: true, categories: { illicit: true, hate: true } } };
    const judged = await post(key, 'openai-moderation', JSON.stringify(moderation));
    expect(
      judged.answer.results.map(({ index, status }: { index: number; status: string }) => [index, status]),
    ).toEqual([
      [0, 'added'],
      [0, 'added'],
    ]);
    const record = {
      id: 'l1',
      startTime: 1793534400,
      model: 'm',
      messages: 'p',
      response: 'c',
      call_type: 'completion',
    };
    expect((await post(key, 'litellm', JSON.stringify([record, record]))).answer).toMatchObject({
      created: 1,
      duplicates: 1,
    });
    // A gateway used the id twice: the other record gets in too, and is a duplicate when it comes again.
    const other = JSON.stringify({ ...record, response: 'else' });
    const [twice, again] = [await post(key, 'litellm', other), await post(key, 'litellm', other)];
    expect(twice.answer).toMatchObject({
      created: 1,
      conflicts: 0,
      results: [{ id: expect.stringMatching(/^l1#[0-9a-f]{16}$/), cameAs: 'l1', unknown: ['actor'] }],
      unknown: { actor: 1 },
    });
    expect(again.answer).toMatchObject({ duplicates: 1, results: [{ id: twice.answer.results[0].id }] });
    const log = {
      id: 'p1',
      created_at: '2026-11-01T12:00:00Z',
      ai_model: 'm',
      request: { prompt: 'p' },
      response: 'x',
    };
    expect((await post(key, 'portkey', JSON.stringify(log))).answer).toMatchObject({ created: 1 });
    expect(await db.interaction.count({ where: { source } })).toBe(4);
  });

  it('says of scans that failed that they are not clean, and of what is clean why', async () => {
    const { key } = await keyFor('ingest');
    const at = { locations: [{ physicalLocation: { artifactLocation: { uri: 'a.py' } } }] };
    const failed = { results: [], invocations: [{ executionSuccessful: false }] };
    const report = {
      version: '2.1.0',
      runs: [
        failed,
        { results: null },
        {
          results: [
            { ...at, baselineState: 'absent' },
            { ...at, kind: 'pass' },
          ],
        },
      ],
    };
    expect((await post(key, 'sarif', JSON.stringify(report))).answer).toMatchObject({
      clean: 2,
      cleanBy: { absent: 1, pass: 1 },
      failures: ['Run 1: the scan says that it failed.', 'Run 2: its results are null, so the scan failed.'],
      results: [
        { status: 'clean', why: 'absent' },
        { status: 'clean', why: 'pass' },
      ],
    });
    const empty = await post(key, 'sarif', '{"version":"2.1.0","runs":[]}');
    expect(empty).toMatchObject({
      status: 200,
      answer: { added: 0, created: 0, clean: 0, failures: [], results: [] },
    });
    const none = await post(key, 'sarif', '{"version":"2.1.0","runs":null}');
    expect([none.status, none.answer.error.message]).toEqual([
      400,
      expect.stringContaining('tried and failed'),
    ]);
  });

  it('keeps what was judged by an older table as it was judged', async () => {
    const { key, source } = await keyFor('ingest');
    const record = { id: 'old', startTime: 1793534400, model: 'm', messages: 'p', response: 'c' };
    await interaction(key, {
      id: 'old',
      occurredAt: '2026-11-01T12:00:00Z',
      meta: { adapter: { format: 'litellm', mapping: 'guardrails/1' } },
    });
    expect((await post(key, 'litellm', JSON.stringify(record))).answer).toMatchObject({
      conflicts: 1,
      created: 0,
    });
    expect(await db.interaction.count({ where: { source } })).toBe(1);
  });

  it('puts every place of a result where it belongs, in files of any spelling', async () => {
    const { key, source } = await keyFor('ingest');
    await interaction(key, { id: 'one', path: 'src/a b.py', completion: 'x = md5(1)\ny = md5(2)' });
    await interaction(key, { id: 'two', path: 'lib\\b.py', completion: 'md5(3)' });
    await interaction(key, { id: 'three', path: 'c.py', completion: 'md5(4)' });
    const place = (uri: string, startLine: number, uriBaseId?: string) => ({
      physicalLocation: { artifactLocation: { uri, ...(uriBaseId && { uriBaseId }) }, region: { startLine } },
    });
    const run = {
      originalUriBaseIds: {
        SRCROOT: { uri: 'file:///C:/work/' },
        SUB: { uri: 'src/', uriBaseId: 'SRCROOT' },
        LIBS: { uri: 'file:///C:/python/' },
      },
      results: [
        {
          ruleId: 'md5',
          locations: [
            place('a%20b.py', 1, 'SUB'),
            place('file:///c:/work/src/a%20b.py', 2),
            place('C:\\work\\lib\\b.py', 1),
            place('c.py', 1, 'LIBS'),
            place('../c.py', 1, 'SRCROOT'),
          ],
        },
      ],
    };
    const { answer } = await post(key, 'sarif', JSON.stringify({ version: '2.1.0', runs: [run] }));
    expect(answer).toMatchObject({ added: 3, refused: 2 });
    expect(answer.results.map((each: { index: number; id: string }) => [each.index, each.id])).toEqual([
      [0, 'one'],
      [0, 'one'],
      [0, 'two'],
      [0, 'C:/python/c.py'],
      [0, 'C:/c.py'],
    ]);
    expect(await db.finding.count({ where: { interaction: { source, externalId: 'one' } } })).toBe(2);
  });

  it('takes no file for another where a path is spelled twice', async () => {
    const { key } = await keyFor('ingest');
    await interaction(key, { id: 'one', path: 'a/b.py' });
    await interaction(key, { id: 'two', path: './a/b.py' });
    const at = { physicalLocation: { artifactLocation: { uri: 'a/b.py' } } };
    const report = { version: '2.1.0', runs: [{ results: [{ locations: [at] }] }] };
    expect((await post(key, 'sarif', JSON.stringify(report))).answer).toMatchObject({
      refused: 1,
      results: [{ error: { message: expect.stringContaining('2 interactions of') } }],
    });
  });

  it('takes exchanges of model services, and shows what has no text', async () => {
    const { key, source } = await keyFor('ingest');
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } };
    const record = {
      time: '2026-11-01 12:00:00',
      user: 42,
      request: {
        model: 'claude-x',
        messages: [{ role: 'user', content: [{ type: 'text', text: 'look' }, image] }],
      },
      response: {
        id: 'msg_1',
        type: 'message',
        content: [{ type: 'text', text: 'no' }],
        stop_reason: 'refusal',
      },
    };
    const { answer } = await post(key, 'provider', JSON.stringify(record));
    expect(answer).toMatchObject({ created: 1, notShown: [{ what: 'image', count: 1 }], unknown: {} });
    expect(await db.interaction.findFirst({ where: { source }, include: { findings: true } })).toMatchObject({
      externalId: 'msg_1',
      occurredAt: new Date('2026-11-01T12:00:00Z'),
      actorId: '42',
      modelName: 'claude-x',
      prompt: 'look[image: not shown]',
      notShown: [{ what: 'image', count: 1 }],
      findings: [{ detector: 'Model service', rule: 'refusal', severity: 'medium' }],
    });
  });

  it('refuses by limit, by form and by right, each in its own words', async () => {
    const { key } = await keyFor('ingest');
    const refused = async (adapter: string, body: Body, headers?: Record<string, string>, by = key) => {
      const { status, answer } = await post(by, adapter, body, headers);
      return [status, answer.error.message];
    };
    const results = Array.from({ length: 1_001 }, () => ({}));
    expect(await refused('nessus', '{}')).toEqual([404, expect.stringContaining('There is: sarif')]);
    expect(await refused('sarif', '{')).toEqual([400, 'The body is not valid JSON.']);
    expect(await refused('sarif', new Uint8Array([0xff]))).toEqual([400, 'The body is not valid UTF-8.']);
    expect(await refused('sarif', '{"version":"2.0.0","runs":[]}')).toEqual([
      400,
      expect.stringContaining('2.1.0'),
    ]);
    expect(await refused('sarif', JSON.stringify({ version: '2.1.0', runs: [{ results }] }))).toEqual([
      413,
      expect.stringContaining('1000 results'),
    ]);
    expect(await refused('litellm', JSON.stringify(results))).toEqual([
      413,
      expect.stringContaining('1000 rows'),
    ]);
    const bomb = new Uint8Array(gzipSync(Buffer.alloc(9 * 1024 * 1024, 0x20)));
    expect(await refused('sarif', bomb, { 'content-encoding': 'gzip' })).toEqual([
      413,
      expect.stringContaining('unpacked'),
    ]);
    expect(await refused('sarif?colour=red', '{}')).toEqual([400, 'colour: is not a known field']);
    expect((await refused('sarif', '{}', {}, (await keyFor('export')).key))[0]).toBe(403);
  });

  it('answers for texts that cannot be stored instead of failing the call', async () => {
    const { key } = await keyFor('ingest');
    const at = (uri: string, text: string) => ({
      message: { text },
      locations: [{ physicalLocation: { artifactLocation: { uri }, region: { snippet: { text: 'x' } } } }],
    });
    const body = {
      version: '2.1.0',
      runs: [{ results: [at('a%00b', 'm'), at('b', 'nul \u0000'), at('c', '\ud800'), at('d', 'fine')] }],
    };
    expect((await post(key, 'sarif', JSON.stringify(body))).answer).toMatchObject({ created: 4, refused: 0 });
  });
});
