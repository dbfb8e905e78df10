import path from 'node:path';
import { recognise } from '#bin/importing/format';
import { openFile } from '#bin/importing/open';
import { outcomes } from '#bin/importing/outcomes';
import { systemActor } from '#lib/actor';
import { db } from '#lib/db';
import { getInteraction } from '#lib/interactions/queries';
import { person } from '../fixtures.ts';
import { reviewCase } from './cases.ts';

// What comes in by a file: every row of it, and with its secrets covered.

async function imported(file: string): Promise<{ source: string; told: string }> {
  const source = `field-${crypto.randomUUID()}`;
  const opened = await openFile(file);
  const { format, shape } = recognise(opened.head) ?? {};
  if (!format || !shape) return { source, told: 'not recognised' };
  const options = { file, format, shape, source, actor: systemActor(source), dryRun: false };
  const counts = new Map<string, number>();
  for await (const batch of outcomes(opened, options, []))
    for (const { status } of batch) counts.set(status, (counts.get(status) ?? 0) + 1);
  return { source, told: [...counts].map(([status, count]) => `${count} ${status}`).join(', ') };
}

reviewCase('13', 'CSV from two systems', async ({ dir, files, row }) => {
  const expected: Record<string, [told: string, completions: string[]]> = {
    'crlf-then-lf.csv': ['4 created', ['eval(a)', 'eval(b, "x")', 'line one\nline two', 'eval(d)']],
    'lf-then-crlf.csv': ['4 created', ['eval(a)', 'eval(b, "x")', 'line one\r\nline two', 'eval(d)']],
    'semicolons-bom.csv': ['1 created', ['print(a); eval(b)']],
    'sep-line.csv': ['1 created', ['eval(a)']],
  };
  for (const file of files.filter((each) => each.endsWith('.csv'))) {
    const [told, completions] = expected[file] ?? ['known to this test', []];
    const { source, told: got } = await imported(path.join(dir, file));
    await row(`${file}: rows`, told, got);
    const stored = await db.interaction.findMany({ where: { source }, orderBy: { externalId: 'asc' } });
    await row(
      `${file}: completions`,
      JSON.stringify(completions),
      JSON.stringify(stored.map(({ completion }) => completion)),
    );
  }
});

reviewCase('16', 'the secret is inside a JSON text', async ({ dir, text, row }) => {
  const { source, told } = await imported(path.join(dir, 'litellm.jsonl'));
  await row('rows', '6 created', told);
  const planted = ['Tr0ub4dor-9931', '3b6311afca5bd8aac647b316704e9c6d', 'horse-pass9'];
  const reviewer = await person('reviewer');
  for (const { id, externalId } of await db.interaction.findMany({ where: { source } })) {
    const seen = await getInteraction(reviewer, id);
    const shown = JSON.stringify(seen);
    const sent =
      text('litellm.jsonl')
        .split('\n')
        .find((line) => line.includes(`"${externalId}"`)) ?? '';
    const count = planted.reduce((sum, each) => sum + sent.split(each).length - 1, 0);
    await row(`${externalId}: seen`, 'none', planted.find((each) => shown.includes(each)) ?? 'none');
    await row(`${externalId}: covered`, String(count), seen.secrets.length);
    const masks = seen.secrets.map(({ field, start, end }) => (seen[field] ?? '').slice(start, end));
    await row(`${externalId}: masks`, '••••••••', [...new Set(masks)].join(' '));
  }
});
