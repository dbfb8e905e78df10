import { RE2JS } from 're2js';
import { expect, test } from 'vitest';
import { db } from '#lib/db';
import { eraseTexts } from '#lib/retention/erase-texts';
import { textMatcher } from '#sdk/engine';
import { requiredLiterals } from '#sdk/pattern';
import type { RuleMatcher } from '#sdk/rule';
import { dice } from '#tests/backtest-rows';
import { flagged } from '#tests/fixtures';
import { forgetErased, indexNext } from './build.ts';
import { findCandidates, piecesOf } from './candidates.ts';
import { gramsOf, visitGrams } from './grams.ts';
import { documentsWith, PAGE_GRAMS, pageOf, SEGMENT_DOCUMENTS, SegmentBuilder } from './segment.ts';
import { openSession } from './session.ts';

const ALPHABET = [...'aAkKsSiIıİſ\u212aéE\u0301ＩＧ\u200b\u00ad _-(1\n\tﬁ𝒾🙂ßẞ', '\ud83d', 'xyz'];

/** Candidates for what a text must hold; a client of its own, as in a back-test. */
async function candidates(required: string[][], most = 1_000_000): Promise<string[] | null> {
  const client = await openSession();
  try {
    return await findCandidates(client, piecesOf(required) ?? [], most);
  } finally {
    await client.end();
  }
}

test('no text that holds a string, in whatever case or writing, lacks a piece of it', () => {
  const random = dice(11);
  const word = (length: number) =>
    Array.from({ length }, () => ALPHABET[random(ALPHABET.length)] ?? '').join('');
  let held = 0;
  for (let round = 0; round < 20_000; round++) {
    const text = word(random(40)).toWellFormed();
    const at = random(text.length + 1);
    const part = text.slice(at, at + 3 + random(6)).toWellFormed();
    if (part === '') continue;
    const grams = new Set<number>();
    visitGrams(text, (gram) => grams.add(gram));
    const asked = round % 2 === 0 ? part.toUpperCase() : part;
    const matchers: RuleMatcher[] = [
      { kind: 'literal', text: asked, ignoreCase: true },
      { kind: 'phrases', phrases: [asked] },
      { kind: 're2', pattern: RE2JS.quote(asked), ignoreCase: true },
    ];
    for (const matcher of matchers) {
      if (textMatcher(matcher)(text).length === 0) continue;
      held += 1;
      // From every list a text that is hit has one string.
      const lacks = (requiredLiterals(matcher) ?? []).filter(
        (strings) => !strings.some((string) => gramsOf(string).every((gram) => grams.has(gram))),
      );
      expect({ text, matcher, lacks }).toEqual({ text, matcher, lacks: [] });
    }
  }
  expect(held).toBeGreaterThan(10_000);
});

test('a segment answers for every piece exactly the documents that have it', () => {
  const random = dice(5);
  const builder = new SegmentBuilder();
  const expected = new Map<number, Set<number>>();
  for (let document = 0; document < 3_000; document++) {
    builder.add((visit) => {
      // One piece is in most documents, some in many, most in few; called twice it counts once.
      const grams = [7, 7, random(5), 500 + random(40), random(200_000)];
      for (const gram of grams.slice(document % 8 === 0 ? 2 : 0)) {
        visit(gram);
        expected.set(gram, (expected.get(gram) ?? new Set()).add(document));
      }
    });
  }
  const pages = new Map(builder.pages().map(({ page, body }) => [page, body]));
  const found = (gram: number) => {
    const bits = documentsWith(pages.get(pageOf(gram)), gram);
    return Array.from({ length: SEGMENT_DOCUMENTS }, (_, document) => document).filter(
      (document) => ((bits[document >> 3] ?? 0) & (1 << (document & 7))) !== 0,
    );
  };
  for (const [gram, documents] of expected) expect(found(gram)).toEqual([...documents].sort((a, b) => a - b));
  for (const gram of [8, PAGE_GRAMS * 3 + 1, 262_143].filter((one) => !expected.has(one)))
    expect(found(gram)).toEqual([]);
});

test('many who build at once put each interaction into the index once', async () => {
  const ids: string[] = [];
  for (let n = 0; n < 300; n++)
    ids.push(await flagged({ completion: `value_${n} = compute_something(${n})` }));
  const built = await Promise.all([indexNext(), indexNext(), indexNext()]);
  expect(built.reduce((sum, { documents }) => sum + documents, 0)).toBe(300);
  expect(await db.searchDocument.count()).toBe(300);
  expect(await candidates([['value_217']])).toEqual([ids[217]]);
  expect((await candidates([['value_217', 'VALUE_218 = C']]))?.sort()).toEqual([ids[217], ids[218]].sort());
  expect(await candidates([['value_217'], ['no such piece']])).toEqual([]);
  expect(await candidates([['compute']], 100)).toBeNull();
  // Too few to be worth a segment.
  await flagged({ completion: 'one more' });
  expect(await indexNext(2)).toEqual({ documents: 0 });
});

test('what is erased leaves the index, and its neighbours stay findable', async () => {
  const gone = await flagged({ completion: 'the quokka_password is here' });
  const stays = await flagged({ completion: 'the wombat_function is here' });
  while ((await indexNext()).documents > 0);
  expect(await candidates([['quokka']])).toEqual([gone]);
  await db.$transaction((tx) => eraseTexts(tx, [gone], 'request'));
  expect((await db.searchDocument.findUniqueOrThrow({ where: { interactionId: gone } })).erased).toBe(true);
  while (await forgetErased());
  expect(await candidates([['quokka']])).toEqual([]);
  expect(await candidates([['wombat']])).toEqual([stays]);
  expect(await db.searchErasure.count()).toBe(0);
  const bodies = await db.searchPage.findMany({ select: { page: true, body: true } });
  const [gram = 0] = gramsOf('kka').concat(gramsOf('quo'));
  for (const { page, body } of bodies.filter((row) => row.page === pageOf(gram)))
    expect({ page, some: documentsWith(body, gram).some((byte) => byte !== 0) }).toEqual({
      page,
      some: false,
    });
});

test('an erasure that meets the building of its segment is not missed', async () => {
  const id = await flagged({ completion: 'the echidna_secret is here' });
  let building: Promise<unknown> = Promise.resolve();
  await db.$transaction(async (tx) => {
    await eraseTexts(tx, [id], 'request');
    // The text is still there for everybody else: without the lock it would be taken into the index now.
    building = indexNext();
    await tx.$queryRaw`SELECT pg_sleep(0.2)::text`;
  });
  await building;
  while (await forgetErased());
  expect(await candidates([['echidna']])).toEqual([]);
  expect(await db.searchDocument.findUniqueOrThrow({ where: { interactionId: id } })).toMatchObject({
    erased: true,
  });
});
