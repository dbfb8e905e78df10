import type { Tx } from '#lib/db';
import type { RuleTests } from '#sdk/rule';

export type Quoting = { ref: string; state: string; published: boolean };

/** Shorter pieces are in anybody's text. */
const MIN_PIECE = 24;
const PAGE = 50;

/** Rules whose test vectors stand word for word in one of these interactions; covered secrets are passed over. */
export async function rulesQuoting(tx: Tx, interactionIds: readonly string[]): Promise<Quoting[]> {
  const rules = await tx.mitigation.findMany({
    orderBy: { number: 'asc' },
    select: { number: true, state: true, publishedSeq: true, tests: true },
  });
  const open = new Map(rules.map((rule) => [rule, piecesOf(rule.tests as RuleTests)]));
  const quoting: Quoting[] = [];
  for (let from = 0; from < interactionIds.length && open.size > 0; from += PAGE) {
    const texts = await tx.interaction.findMany({
      where: { id: { in: interactionIds.slice(from, from + PAGE) } },
      select: { prompt: true, completion: true },
    });
    for (const [rule, pieces] of open) {
      const quotes = pieces.some((piece) =>
        texts.some(({ prompt, completion }) => prompt.includes(piece) || completion.includes(piece)),
      );
      if (!quotes) continue;
      quoting.push({ ref: `R-${rule.number}`, state: rule.state, published: rule.publishedSeq !== null });
      open.delete(rule);
    }
  }
  return quoting;
}

function piecesOf(tests: RuleTests): string[] {
  return [...tests.mustMatch, ...tests.mustNotMatch].flatMap(({ text }) => {
    const longest = text.split(/•+/).reduce((best, piece) => (piece.length > best.length ? piece : best), '');
    return longest.trim().length >= MIN_PIECE ? [longest] : [];
  });
}
