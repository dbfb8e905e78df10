import { VERDICTS, type Verdict } from '#lib/reviews/schema';

export type Word = { verdict: Verdict; policyKey: string | null; policyTitle: string | null };

/** An item that two or more people reviewed, and what a lead said where they differed. */
export type ReviewedItem = {
  id: string;
  words: readonly Word[];
  /** A lead's final verdict; null where none was needed or none is there yet. */
  ruling: Verdict | null;
  state: 'pending' | 'decided';
};

/** Two words that were said of the same items: another verdict, or the same under another clause. */
export type Clash = {
  one: string;
  other: string;
  words: readonly [Word, Word];
  items: number;
  /** Items that a lead settled, by the lead's verdict. */
  settled: Record<Verdict, number>;
  /** Items whose verdicts differ and that no lead has settled yet. */
  waiting: number;
};

/** `harmful.injection`, or `benign` where no clause is cited. */
export function nameOf({ verdict, policyKey }: Word): string {
  return policyKey === null ? verdict : `${verdict}.${policyKey}`;
}

/** Every two different words said of one item, most items first; an item with three different words counts in three. */
export function clashesOf(items: readonly ReviewedItem[]): Clash[] {
  const found = new Map<string, Clash>();
  for (const item of items) {
    const distinct = [...new Map(item.words.map((word) => [nameOf(word), word])).entries()];
    distinct.sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [index, [one, first]] of distinct.entries()) {
      for (const [other, second] of distinct.slice(index + 1)) {
        const key = `${one} ${other}`;
        const clash = found.get(key) ?? newClash(one, other, [first, second]);
        found.set(key, clash);
        clash.items += 1;
        if (item.ruling) clash.settled[item.ruling] += 1;
        else if (item.state === 'pending' && first.verdict !== second.verdict) clash.waiting += 1;
      }
    }
  }
  return [...found.values()].sort(
    (a, b) => b.items - a.items || (a.one + a.other < b.one + b.other ? -1 : 1),
  );
}

function newClash(one: string, other: string, words: readonly [Word, Word]): Clash {
  return { one, other, words, items: 0, settled: { harmful: 0, benign: 0, unsure: 0 }, waiting: 0 };
}

type Override = { verdict: Verdict; said: number; overridden: number };

/** Of the words on items that a lead settled: how often each verdict was given, and how often the lead said otherwise. */
export function overridesOf(items: readonly ReviewedItem[]): Override[] {
  return VERDICTS.map((verdict) => {
    const said = items.flatMap(({ ruling, words }) =>
      ruling === null ? [] : words.filter((word) => word.verdict === verdict).map(() => ruling),
    );
    return { verdict, said: said.length, overridden: said.filter((ruling) => ruling !== verdict).length };
  });
}
