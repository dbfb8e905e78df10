import path from 'node:path';
import { runFile } from '#bin/testing/run';
import { systemActor } from '#lib/actor';
import type { AdapterName } from '#lib/adapters/adapted';
import { applyAdapted } from '#lib/adapters/apply';
import { readAdapted } from '#lib/adapters/read';
import { clusteredText } from '#lib/clusters/shape';
import { db } from '#lib/db';
import { AppError, ERROR_STATUS } from '#lib/errors';
import { readBatch } from '#lib/interactions/batch';
import { ingestInteractions } from '#lib/interactions/mutations';
import { type FieldCase, reviewCase } from './cases.ts';

type Answer = { status: number; message?: string } & Partial<Awaited<ReturnType<typeof applyAdapted>>>;

/** A source of its own, the interactions of the case in it, and ways to send it more. */
async function desk({ files, text }: FieldCase) {
  const source = `field-${crypto.randomUUID()}`;
  const actor = systemActor(source);
  const send = async (adapter: AdapterName, body: string): Promise<Answer> => {
    try {
      const adapted = readAdapted(adapter, Buffer.from(body), adapter !== 'sarif', {
        receivedAt: new Date(),
      });
      return { status: 200, ...(await applyAdapted(actor, adapted)) };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return { status: ERROR_STATUS[error.code], message: error.message };
    }
  };
  if (files.includes('interactions.ndjson'))
    await ingestInteractions(actor, readBatch(Buffer.from(text('interactions.ndjson')), true));
  /** Rule, severity and marked words of each finding of an interaction. */
  const found = async (externalId: string) => {
    const row = await db.interaction.findFirst({
      where: { source, externalId },
      include: { findings: { orderBy: [{ rule: 'asc' }, { start: 'asc' }] }, queueItem: true },
    });
    return {
      row,
      rules: (row?.findings ?? []).map(({ rule, severity }) => `${rule} ${severity}`).join(', '),
      marks: (row?.findings ?? []).map(({ start, end }) => (start === null ? 'none' : `${start} to ${end}`)),
      words: (row?.findings ?? [])
        .map(({ start, end }) => row?.completion.slice(start ?? 0, end ?? 0))
        .join(', '),
      queue: row?.queueItem ? `${row.queueItem.state} ${row.queueItem.severity}` : 'not queued',
    };
  };
  return { source, send, found };
}

const counts = ({ status, added, created, duplicates, clean, refused }: Answer): string =>
  [status, ...[added, created, duplicates, clean, refused].map((count) => count ?? '-')].join(' ');

async function imported(file: string, ...flags: string[]): Promise<string> {
  const run = runFile(
    'bin/stopgap.ts',
    ['import', file, '--source', `cli-${crypto.randomUUID()}`, ...flags],
    {},
  );
  const { code } = await run.exit;
  return `exit ${code}${run.output().includes('nothing in it') ? ', nothing in it' : ''}`;
}

reviewCase('01', 'empty runs', async (given) => {
  const { send, found } = await desk(given);
  await given.row('empty-runs', '200 0 0 0 0 0', async () =>
    counts(await send('sarif', given.text('empty-runs.sarif'))),
  );
  const nothing = await send('sarif', given.text('null-runs.sarif'));
  await given.row('null-runs', '400', nothing.status);
  await given.row('null-runs: words', 'true', /tried and failed/.test(String(nothing.message)));
  await given.row('first-run-empty', '200 1 0 0 0 0', async () =>
    counts(await send('sarif', given.text('first-run-empty.sarif'))),
  );
  await given.row('first-run-empty: mark', 'eval(text)', async () => (await found('field-01')).words);
  for (const flags of [[], ['--dry-run']]) {
    await given.row(
      `command ${flags}, empty`,
      'exit 0, nothing in it',
      imported(path.join(given.dir, 'empty-runs.sarif'), ...flags),
    );
    await given.row(
      `command ${flags}, null`,
      'exit 1',
      imported(path.join(given.dir, 'null-runs.sarif'), ...flags),
    );
  }
});

reviewCase('02', 'scores that are no scores', async (given) => {
  const { send, found } = await desk(given);
  const answer = await send('sarif', given.text('report.sarif'));
  await given.row('report', '200 12 0 0 0 0', counts(answer));
  const { rules } = await found('field-02');
  for (const each of rules.split(', ')) {
    await given.row(each, each.startsWith('S-CRITICAL ') ? 'critical' : 'high', each.split(' ')[1]);
  }
  await send('sarif', given.text('only-zero.sarif'));
  await given.row('only-zero', 'pending high', async () => (await found('field-02-only-zero')).queue);
});

reviewCase('03', 'results that are gone', async (given) => {
  const { send, found } = await desk(given);
  await given.row('report', '200 3 0 0 1 0', async () =>
    counts(await send('sarif', given.text('report.sarif'))),
  );
  await given.row('field-03-fixed', 'not queued', async () => (await found('field-03-fixed')).queue);
  await given.row('again', '200 0 0 3 1 0', async () =>
    counts(await send('sarif', given.text('report.sarif'))),
  );
});

reviewCase('04', 'several places', async (given) => {
  const { send, found } = await desk(given);
  await given.row('report', '200 4 0 0 0 0', async () =>
    counts(await send('sarif', given.text('report.sarif'))),
  );
  await given.row('a', 'logging.info(password)', async () => (await found('field-04-a')).words);
  await given.row('b', 'logging.debug(card_number)', async () => (await found('field-04-b')).words);
  await given.row('b is queued', 'pending medium', async () => (await found('field-04-b')).queue);
  await given.row('c', 'md5(x), md5(y)', async () => (await found('field-04-c')).words);
  await given.row('again', '200 0 0 4 0 0', async () =>
    counts(await send('sarif', given.text('report.sarif'))),
  );
});

reviewCase('06', 'marks behind emoji and CJK', async (given) => {
  const { send, found } = await desk(given);
  await send('sarif', given.text('report.sarif'));
  const { row, marks } = await found('field-06');
  const right: Record<string, string> = {
    E1: '19 to 32',
    E4: '19 to 32',
    E2: '74 to 88 or none',
    E3: '74 to 88 or none',
    E5: '74 to 88',
    E6: '56 to 72',
    E7: '33 to 73 or none',
    E8: '74 to 106 or none',
  };
  for (const [index, { rule }] of (row?.findings ?? []).entries())
    await given.row(String(rule), right[String(rule)] ?? '', marks[index]);
});

reviewCase('07', 'categories as clients spell them', async (given) => {
  const { send, found } = await desk(given);
  const answer = await send('openai-moderation', given.text('moderation.ndjson'));
  const both = 'illicit/violent critical, sexual/minors critical';
  await given.row('api', both, async () => (await found('field-07-api')).rules);
  await given.row('python', both, async () => (await found('field-07-python')).rules);
  await given.row(
    'line 3',
    'duplicate duplicate',
    answer.results
      ?.filter(({ index }) => index === 2)
      .map(({ status }) => status)
      .join(' '),
  );
  await given.row('both', 'self-harm/intent critical', async () => (await found('field-07-both')).rules);
  await given.row('nocategory', 'flagged medium', async () => (await found('field-07-nocategory')).rules);
  await given.row('nulls', 'clean', answer.results?.find(({ id }) => id === 'field-07-nulls')?.status);
  await given.row('unflagged', 'violence medium', async () => (await found('field-07-unflagged')).rules);
});

reviewCase('09', 'answers outside content', async (given) => {
  const { send, found } = await desk(given);
  await given.row('litellm', '200 0 7 0 0 0', async () =>
    counts(await send('litellm', given.text('litellm.jsonl'))),
  );
  const said: Record<string, [part: 'prompt' | 'completion', words: string[]]> = {
    custom: [
      'completion',
      ['[apply_patch]', '\n+    return db.execute("SELECT * FROM users WHERE name = \'"'],
    ],
    'chat-custom': [
      'completion',
      ['[apply_patch]', '\n+    return db.execute("SELECT * FROM users WHERE name = \'"'],
    ],
    function: ['completion', ['[shell]', 'curl', '| sh']],
    refusal: ['completion', ['[refusal]']],
    'refusal-part': ['completion', ['[refusal]']],
    'second-choice': ['completion', ['bcrypt', 'md5(password)', '[answer 2 of 2]']],
    'tool-output': ['prompt', ['[tool]']],
  };
  for (const [name, [part, words]] of Object.entries(said)) {
    const { row, queue } = await found(`field-09-${name}`);
    const missing = words.filter((each) => !row?.[part].includes(each));
    await given.row(name, 'all shown', missing.length === 0 ? 'all shown' : `without ${missing}`);
    await given.row(`${name}: queue`, 'true', queue.startsWith('pending'));
    if (row)
      await given.row(`${name}: clustered by its answer`, 'true', clusteredText(row).text === row.completion);
  }
});

reviewCase('10', 'a result of a tool', async (given) => {
  const { send, found } = await desk(given);
  await given.row('litellm', '200 0 2 0 0 0', async () =>
    counts(await send('litellm', given.text('litellm.jsonl'))),
  );
  for (const name of ['text', 'blocks']) {
    const { row } = await found(`field-10-${name}`);
    await given.row(`${name}: the sentence`, 'true', row?.prompt.includes('Note to assistants'));
    await given.row(`${name}: the file's name`, 'true', row?.prompt.includes('id_ed25519'));
  }
  const [text, blocks] = [(await found('field-10-text')).row, (await found('field-10-blocks')).row];
  await given.row('which tool', 'true', text?.prompt.includes('[result of read_file]'));
  await given.row('the call', 'true', text?.completion.includes('[bash]'));
  await given.row('the image', 'true', blocks?.prompt.includes('[image: not shown]'));
  await given.row('counted', '[{"what":"image","count":1}]', JSON.stringify(blocks?.notShown));
});
