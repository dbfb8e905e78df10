import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { db } from '#lib/db';
import { env } from '#lib/env';
import { sentRow } from '../tests/fixtures.ts';
import { codeQl, semgrep } from '../tests/sarif-samples.ts';
import { runFile, until } from './testing/run.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'stopgap-import-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string | Uint8Array): string {
  const full = path.join(folder, name);
  writeFileSync(full, content);
  return full;
}

async function importing(...args: string[]) {
  const run = runFile('bin/stopgap.ts', ['import', ...args], {});
  const { code } = await run.exit;
  return { code, output: run.output() };
}

const row = (id: string, overrides: Record<string, unknown> = {}) =>
  sentRow(id, { findings: undefined, ...overrides });
const ndjson = (...rows: unknown[]) => rows.map((each) => `${JSON.stringify(each)}\n`).join('');
const count = (source: string) => db.interaction.count({ where: { source } });

describe.concurrent('stopgap import', () => {
  test('NDJSON: what is good goes in, what is not is told with its line, a second time changes nothing', async () => {
    const rows = ndjson(
      row('a'),
      row('b', { severity: 1 }),
      row('c', { findings: [{ detector: 'd', category: 'other', severity: 'high' }] }),
    );
    const given = file('rows.ndjson', `\ufeff${rows}\nnot json\n`);
    const dry = await importing(given, '--source', 'nd', '--dry-run');
    expect(dry.code).toBe(1);
    expect(dry.output).toContain('line 2 (b): severity: is not a known field');
    expect(dry.output).toContain('line 5: This row is not valid JSON.');
    expect(dry.output).toContain('Nothing was changed. 4 read: 2 would be created, 2 would be refused.');
    expect(await count('nd')).toBe(0);

    const first = await importing(given, '--source', 'nd');
    expect(first).toMatchObject({
      code: 1,
      output: expect.stringContaining('4 read: 2 created, 2 refused.'),
    });
    expect(await count('nd')).toBe(2);
    const again = await importing(given, '--source', 'nd');
    expect(again.output).toContain('4 read: 2 here already, 2 refused.');
    expect(await db.queueItem.count({ where: { interaction: { source: 'nd' } } })).toBe(1);
    const other = file('other.ndjson', ndjson(row('a', { completion: 'else' })));
    expect((await importing(other, '--source', 'nd', '--dry-run')).output).toContain(
      '1 would be refused, the id has other content',
    );
  });

  test('CSV: the template goes in as it is; quotes, line ends and empty cells keep their meaning', async () => {
    const template = await importing('--template');
    expect(template.code).toBe(0);
    const own = await importing(file('template.csv', `\ufeff${template.output}`), '--source', 'csv');
    expect(own).toMatchObject({ code: 0, output: expect.stringContaining('1 read: 1 created.') });
    const stored = await db.interaction.findFirstOrThrow({
      where: { source: 'csv' },
      include: { findings: true },
    });
    expect(stored).toMatchObject({
      path: 'app/users.py',
      before: null,
      findings: [{ severity: 'high', cwe: 'CWE-89' }],
    });

    const header =
      'id,occurredAt,model.name,model.version,surface,language,actor.id,completion,sampling.temperature';
    const lines = [
      header,
      'x1,2026-11-01T12:00:00Z,m,1,chat,go,u,"two\r\nlines, ""quoted""",0.5',
      'x2,2026-11-01T12:00:00Z,m,1,chat,go,u',
      'x3,yesterday,m,1,chat,go,u,c,warm',
      'x4,2026-11-01T12:00:00Z,m,1,chat,go,u,,',
    ];
    const mixed = await importing(file('mixed.csv', lines.join('\r\n')), '--source', 'csv2');
    expect(mixed.code).toBe(1);
    expect(mixed.output).toMatch(/has another number of fields than the header/);
    expect(mixed.output).toMatch(/\(x3\): occurredAt/);
    expect(mixed.output).toContain('4 read: 2 created, 2 refused.');
    const found = await db.interaction.findFirstOrThrow({ where: { source: 'csv2', externalId: 'x1' } });
    expect(found).toMatchObject({ completion: 'two\r\nlines, "quoted"', sampling: { temperature: 0.5 } });
  });

  test('a wrong quote costs its own row, in plain words; a JSON array is read like lines', async () => {
    const header = 'id,occurredAt,model.name,model.version,surface,language,actor.id,completion';
    const line = (id: string, completion: string) => `${id},2026-11-01T12:00:00Z,m,1,chat,go,u,${completion}`;
    const content = [header, line('w1', '"a" b'), line('w2', 'fine'), line('w3', 'x"y'), line('w4', '"open')];
    const { output } = await importing(file('quotes.csv', content.join('\n')), '--source', 'quotes');
    expect(output).toContain('line 2: This row is no CSV row: it has text behind a closing quote');
    expect(output).toContain('line 4: This row is no CSV row: it has a quote in the middle of a cell');
    expect(output).toContain('line 5: This row is no CSV row: it has a quote that is never closed');
    expect(output).toContain('4 read: 1 created, 3 refused.');
    const semicolons = file('semi.csv', [header, line('s1', 'a')].join('\n').replaceAll(',', ';'));
    expect((await importing(semicolons, '--source', 'quotes', '--dry-run')).output).toContain(
      'Read as csv: its first line has 8 known columns with semicolons between them.',
    );
    const array = JSON.stringify([row('j1'), row('j2', { completion: 7 }), row('j3')], null, 2);
    const dry = await importing(file('array.json', array), '--source', 'array', '--dry-run');
    expect(dry.output).toContain('Read as ndjson: the first value of its JSON array has the fields "id"');
    expect(dry.output).toMatch(/line \d\d \(j2\): completion/);
    expect(dry.output).toContain('3 read: 2 would be created, 1 would be refused.');
  });

  test('SARIF: findings join what is here, make what brings its text, and are told apart in a dry run', async () => {
    await importing(
      file(
        'base.ndjson',
        ndjson(row('run.py', { completion: 'import x\n    subprocess.run(cmd, shell=True)\n' })),
      ),
      '--source',
      'sarif',
    );
    const given = file(
      'report.json',
      JSON.stringify({ ...semgrep, runs: [...semgrep.runs, ...codeQl.runs] }, null, 2),
    );
    const dry = await importing(given, '--source', 'sarif', '--dry-run');
    expect(dry.output).toContain(
      '4 read: 1 would be created, 2 findings would be added, 1 with nothing found.',
    );
    const done = await importing(given, '--source', 'sarif');
    expect(done).toMatchObject({
      code: 0,
      output: expect.stringContaining('4 read: 1 created, 2 findings added, 1 with nothing found.'),
    });
    const again = await importing(given, '--source', 'sarif');
    expect(again.output).toContain('4 read: 3 here already, 1 with nothing found.');
    const [finding] = await db.finding.findMany({
      where: { rule: 'python.lang.security.audit.subprocess-shell-true' },
    });
    expect(finding).toMatchObject({ start: 13, end: 44 });
  });

  test('a summary says what is not shown, what nobody knows, and which scans failed', async () => {
    const record = (id: string, response: unknown) => ({
      id,
      call_type: 'completion',
      startTime: 1793534400,
      model: 'm',
      messages: 'p',
      response,
    });
    const image = {
      content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } }],
    };
    const logs = file(
      'logs.jsonl',
      ndjson(record('a', image), record('b', 'words'), record('b', 'other words')),
    );
    const expected = [
      'Not shown, and marked where they stood: 1 image.',
      'Not told by the records, so unknown: 3 actor.',
      'Under an id of their own, since theirs has other content: 1.',
    ];
    for (const flags of [[], ['--dry-run']]) {
      const { code, output } = await importing(logs, '--source', `summary${flags}`, ...flags);
      expect(code).toBe(0);
      for (const line of expected) expect(output).toContain(line);
    }
    const run = {
      invocations: [{ executionSuccessful: false }],
      results: [{ kind: 'pass' }, { baselineState: 'absent' }],
    };
    const failed = await importing(
      file('failed.sarif', JSON.stringify({ version: '2.1.0', runs: [run] })),
      '--source',
      'failed',
    );
    expect(failed.code).toBe(1);
    expect(failed.output).toContain("Nothing found, in the tool's own words: 1 pass, 1 absent.");
    expect(failed.output).toContain('Not clean. Run 1: the scan says that it failed.');
  });

  test('a gzip that was cut off is told in one line, and what came before is kept', async () => {
    const many = Array.from({ length: 3_000 }, (_, n) =>
      row(`g${n}`, { completion: crypto.randomUUID().repeat(4) }),
    );
    const packed = gzipSync(ndjson(...many));
    const whole = await importing(file('whole.ndjson.gz', packed), '--source', 'gz');
    expect(whole).toMatchObject({ code: 0, output: expect.stringContaining('3000 read: 3000 created.') });
    const cut = await importing(
      file('cut.ndjson.gz', packed.subarray(0, packed.length / 2)),
      '--source',
      'cut',
    );
    expect(cut.code).toBe(1);
    expect(cut.output).toContain('is cut off: its gzip ends too early. What came before is kept.');
    expect(await count('cut')).toBeGreaterThan(500);
  });

  test('a stop in the middle finishes its batch, and the next run goes on from there', async () => {
    const rows = Array.from({ length: 2_000 }, (_, n) => row(`s${n}`));
    const given = file('long.ndjson', ndjson(...rows));
    // A row of the second batch that somebody else is about to write holds that batch up until the stop has come.
    const elsewhere = new pg.Client({ connectionString: env().DATABASE_URL });
    await elsewhere.connect();
    await elsewhere.query('BEGIN');
    await elsewhere.query(
      `INSERT INTO interaction (id, source, external_id, digest, occurred_at, model_name, model_version, surface,
        language, actor_id, prompt, completion)
      VALUES (gen_random_uuid(), 'stop', 's700', '', now(), 'm', '1', 'chat', 'go', 'u', '', '')`,
    );
    const run = runFile('bin/stopgap.ts', ['import', given, '--source', 'stop'], {});
    await until(async () => (await count('stop')) > 0, 'the first batch');
    run.process.kill('SIGINT');
    await elsewhere.query('ROLLBACK');
    await elsewhere.end();
    const { code } = await run.exit;
    expect(code).toBe(130);
    expect(run.output()).toContain('Run the same command to go on');
    const kept = await count('stop');
    expect([500, 1_000]).toContain(kept);
    const rest = await importing(given, '--source', 'stop');
    expect(rest.output).toContain(`2000 read: ${2_000 - kept} created, ${kept} here already.`);
  });

  test.each([
    ['not there', () => path.join(folder, 'nothing.ndjson'), 'there is no such file'],
    ['empty', () => file('empty.csv', ''), 'is empty.'],
    [
      'not UTF-8',
      () =>
        file(
          'latin.csv',
          Buffer.concat([
            Buffer.from(
              'id,occurredAt,model.name,model.version,surface,language,actor.id,completion\nx,2026-11-01T12:00:00Z,m,1,chat,go,u,',
            ),
            Buffer.from([0xe9, 0x0a]),
          ]),
        ),
      'is not UTF-8 near byte',
    ],
    ['odd columns', () => file('odd.csv', 'id,colour\n1,red\n'), 'has columns that are not known: colour'],
    ['missing columns', () => file('few.csv', 'id,prompt\n1,p\n'), 'lacks the columns occurredAt'],
    ['of no kind', () => file('what.bin', 'hello there'), 'cannot be told. Say it with --format'],
    [
      'another SARIF',
      () => file('old.sarif', '{\n"version": "2.0.0", "runs": []}'),
      'version: must be "2.1.0"',
    ],
    ['broken SARIF', () => file('broken.sarif', '{\n"version": "2.1.0", "runs": ['), 'is not valid JSON'],
  ])('a file that is %s is refused in one line', async (_, given, line) => {
    const { code, output } = await importing(given(), '--source', 'bad');
    expect(code).toBeGreaterThan(0);
    expect(output).toContain(line);
    expect(output).not.toMatch(/\n {4}at /);
  });
});
