import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemActor } from '#lib/actor';
import { db } from '#lib/db';
import { recognise } from './format.ts';
import { openFile } from './open.ts';
import { outcomes } from './outcomes.ts';
import type { Outcome } from './tally.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'stopgap-dialects-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string | Uint8Array): string {
  const full = path.join(folder, name);
  writeFileSync(full, content);
  return full;
}

test('CSV of any dialect, gzip of several members and UTF-16 go in exactly', async () => {
  const header =
    'id,occurredAt,model.name,model.version,surface,language,actor.id,finding.detector,finding.category,completion,finding.severity';
  const line = (id: string, completion: string) =>
    `${id},2026-11-01T12:00:00Z,m,1,inline,python,u,d,insecure_code,${completion},high`;
  const rows = (name: string) => [
    line(`${name}1`, 'eval(a)'),
    line(`${name}2`, '"two\r\nlines"'),
    line(`${name}3`, 'eval(d)'),
  ];
  const [a = '', b = '', c = ''] = rows('m');
  const semicolons = (text: string) => text.replaceAll(',', ';');
  const files: [string, string | Uint8Array, string][] = [
    ['mixed-1.csv', `${header}\r\n${a}\n${b}\r\n${c}\n`, 'commas'],
    ['mixed-2.csv', `${header}\n${rows('n').join('\r\n')}\r\n`, 'commas'],
    ['semicolons.csv', `\ufeff${semicolons([header, ...rows('o')].join('\r\n'))}`, 'semicolons'],
    ['tabs.tsv', [header, ...rows('p')].join('\n').replaceAll(',', '\t'), 'tabs'],
    ['sep.csv', `sep=;\r\n${semicolons([header, ...rows('q')].join('\r\n'))}`, 'the line after "sep="'],
    ['wide.csv', Buffer.from(`\ufeff${[header, ...rows('r')].join('\r\n')}`, 'utf16le'), 'commas'],
    [
      'members.csv.gz',
      Buffer.concat([gzipSync(`${header}\n${rows('s')[0]}\n`), gzipSync(rows('s').slice(1).join('\n'))]),
      'commas',
    ],
  ];
  for (const [name, content, seen] of files) {
    const opened = await openFile(file(name, content));
    const found = recognise(opened.head);
    expect(found, name).toMatchObject({ format: 'csv', why: expect.stringContaining(seen) });
    const given = { file: name, format: 'csv', shape: 'lines', source: 'dialects', dryRun: false } as const;
    const told: Outcome[] = [];
    for await (const batch of outcomes(opened, { ...given, actor: systemActor('dialects') }, []))
      told.push(...batch);
    expect(
      told.map(({ place, status }) => `${status} ${place}`),
      name,
    ).toEqual([2, 3, 5].map((line) => `created line ${line + (name === 'sep.csv' ? 1 : 0)}`));
  }
  const stored = await db.interaction.findMany({
    where: { source: 'dialects' },
    select: { completion: true, findings: { select: { severity: true } } },
  });
  expect(stored).toHaveLength(3 * files.length);
  for (const completion of ['eval(a)', 'two\r\nlines', 'eval(d)'])
    expect(
      stored.filter((each) => each.completion === completion),
      completion,
    ).toHaveLength(files.length);
  expect(new Set(stored.flatMap(({ findings }) => findings.map(({ severity }) => severity)))).toEqual(
    new Set(['high']),
  );
});
