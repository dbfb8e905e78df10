import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { getMitigation } from '#lib/mitigations/queries';
import { type DraftMitigation, draftMitigationSchema } from '#lib/mitigations/schema';
import { itemsOf, readingOf } from '#lib/package-lists/merge';
import { RuleCache } from '#sdk/engine';
import { createGuard, type Guard } from '#sdk/guard';
import { Subject } from '#sdk/match';
import { packageNameOf } from '#sdk/packages/entry';
import { reachOf } from '#sdk/packages/reach';
import type { PackageListItem } from '#sdk/rule';
import { TEST_KEY, TestFeed } from '#sdk/testing/feed';
import { makeSnapshot, ruleFor } from '#sdk/testing/rules';
import { ruleDesk } from '../rules.ts';
import { type FieldCase, fieldCase } from './cases.ts';

let feed: TestFeed;
let guard: Guard;
let seq = 0;
beforeAll(async () => {
  feed = await new TestFeed().listen();
  guard = createGuard({ feedUrl: feed.url, apiKey: TEST_KEY, publicKey: feed.signer.publicKey });
  feed.publish(makeSnapshot(++seq, []));
  await guard.start();
});
afterAll(async () => {
  await guard.close();
  await feed.kill();
});

/** A rule for these packages, with an install of the first as its own test. */
function packageRule(packages: PackageListItem[]) {
  const name = packageNameOf(packages[0] ?? '');
  const rule = (sample: string) => ruleFor({ kind: 'imports', packages }, sample);
  const { find } = new RuleCache().compile(rule(''));
  const installs = [
    `pip install ${name}`,
    `npm install ${name}`,
    `go get ${name}`,
    `import ${name}`,
    `"${name}:1.0"`,
  ];
  return rule(installs.find((text) => find(new Subject(text)).length > 0) ?? '');
}

/** Publishes it to the guard and waits until it acts. */
async function listed(packages: PackageListItem[]) {
  feed.publish(makeSnapshot(++seq, [packageRule(packages)]));
  if (!(await guard.waitForSeq(seq, 60_000))) throw new Error('the rule did not arrive');
}

type Read = { text: string; language: string | null };
const whole = ({ text, language }: Read) => guard.decide({ completion: text, language }).verdict;

/** The verdict of the same text in pieces, and whether all of it came through. */
async function streamed({ text, language }: Read, size = 5) {
  const stream = guard.stream({ language });
  const delivered = (async () => {
    let read = '';
    for await (const piece of stream.readable) read += piece;
    return read;
  })();
  const writer = stream.writable.getWriter();
  for (let at = 0; at < text.length; at += size)
    await writer.write(text.slice(at, at + size)).catch(() => {});
  await writer.close().catch(() => {});
  const { verdict } = await stream.decision;
  return { verdict, isWhole: (await delivered) === text };
}

const spansOf = (packages: PackageListItem[], { text, language }: Read) =>
  new RuleCache()
    .compile(packageRule(packages))
    .find(new Subject(text, language))
    .map(({ start, end }) => text.slice(start, end));

type TableRow = Read & { id: string; packages: string[]; expect: string };
const WORD = { block: 'hit', allow: 'no hit' } as Record<string, string>;

/** Every row of a case's table: decided whole, in pieces of 5, and the hit lies over the name. */
async function table({ json, row }: FieldCase, told: (row: TableRow) => string = () => '') {
  for (const each of json('table.json') as TableRow[]) {
    const expected = each.expect.replace(', ', ' ');
    await listed(each.packages);
    await row(each.id, expected, () => {
      const word = WORD[whole(each)];
      return (word === 'no hit' && each.expect.includes('or') && told(each)) || word;
    });
    const word = WORD[whole(each)] ?? '';
    await row(`${each.id}, in fives`, word, async () => WORD[(await streamed(each)).verdict]);
    if (word !== 'hit') continue;
    await row(`${each.id}, span`, 'a name', () => {
      const spans = spansOf(each.packages, each);
      return spans.length > 0 && spans.every((span) => /^[^\s"'()]+$/.test(span))
        ? 'a name'
        : spans.join(' | ');
    });
  }
}

fieldCase('01', 'Go imports', async (given) => {
  await table(given);
  const text = given.text('main.go');
  await listed(given.json('table.json')[0].packages);
  await given.row('main.go', 'block', () => whole({ text, language: 'go' }));
  await given.row(
    'main.go, in fives',
    'block',
    async () => (await streamed({ text, language: 'go' })).verdict,
  );
});

fieldCase('03', 'names of one package', async (given) => {
  const told = ({ packages, language }: TableRow) =>
    packages.every((name) => reachOf(name, undefined, language ?? undefined).misses.length > 0) ? 'told' : '';
  await table(given, told);
  const names = (given.json('table.json') as TableRow[]).filter(({ expect }) => expect.includes('told'));
  for (const { packages, language } of names)
    await given.row(`${packages[0]}: the composer says`, 'what it finds', () =>
      reachOf(packages[0] ?? '', undefined, language ?? undefined).finds.length > 1
        ? 'what it finds'
        : 'little',
    );
});

fieldCase('04', 'installs across lines', async (given) => {
  const page = readFileSync(path.resolve(import.meta.dirname, '../../docs/engine.md'), 'utf8');
  const isSplitWord = ({ text }: TableRow) => /\w\\\n\w/.test(text);
  await table(given, (row) => (isSplitWord(row) && page.includes('pip ins\\⏎tall') ? 'documented' : ''));
});

fieldCase('05', 'pasted lists', async ({ json, text, row }) => {
  const desk = await ruleDesk();
  const draft = (packages: PackageListItem[], tests: DraftMitigation['tests']) =>
    desk.draft(desk.ana, { scope: {}, matcher: { kind: 'imports', packages }, tests });
  const expected: Record<string, { names: string[]; never?: string[] }> = json('expect.json');
  for (const [file, { names, never = [] }] of Object.entries(expected)) {
    const { packages, notUnderstood } = readingOf(text(file));
    const read = packages.map(({ name }) => name);
    await row(`${file}: names`, [...names].sort().join(' '), [...read].sort().join(' '));
    await row(`${file}: field names`, '', read.filter((name) => never.includes(name)).join(' '));
    await row(`${file}: not understood`, '0', notUnderstood.length);
    const items = itemsOf(packages);
    await row(`${file}: saved`, String(items.length), async () => {
      const tests = { mustMatch: packageRule(items).tests.mustMatch, mustNotMatch: [] };
      const { ref } = await draft(items, tests);
      const { matcher } = await getMitigation(desk.ana, ref);
      return matcher.kind === 'imports' ? matcher.packages.length : matcher.kind;
    });
  }
  const lines = text('name-version.txt').split('\n');
  await listed(itemsOf(readingOf(lines.join('\n')).packages));
  for (const line of lines.filter((each) => /^[\w@][^:]*:[\d.]+$/.test(each))) {
    const [name = '', version = ''] = line.split(':');
    const install = (at: string) => () => whole({ text: `npm install ${name}${at}\n`, language: 'shell' });
    await row(`npm install ${name}@${version}`, 'block', install(`@${version}`));
    await row(`npm install ${name}@0.0.9, never bad`, 'allow', install('@0.0.9'));
    await row(`npm install ${name}`, 'block', install(''));
    await row(`import '${name}'`, 'block', () =>
      whole({ text: `import '${name}'\n`, language: 'javascript' }),
    );
    await row(`${line} as a name`, 'refused', () => {
      const body = { ...desk.input(), matcher: { kind: 'imports', packages: [line] } };
      const { error } = draftMitigationSchema.safeParse(body);
      return /no name of a package/.test(error?.message ?? '') ? 'refused' : (error?.message ?? 'taken');
    });
  }
});
