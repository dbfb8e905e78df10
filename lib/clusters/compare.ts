import { db } from '#lib/db';
import { maskRows } from '#lib/secrets/queries';
import { type Difference, differences, referenceOf } from './differences.ts';
import { clusteredText } from './shape.ts';

/** A stored text with the features of its shape. */
export type ComparedText = {
  id: string;
  language: string;
  prompt: string;
  completion: string;
  features: string[];
};

/**
 * What of each text differs from `first`, as everybody may see it: secrets are covered before anything is compared. Null
 * where one of the two was erased, so that there is nothing to tell.
 */
export async function compareWith(
  first: ComparedText | null,
  texts: readonly ComparedText[],
): Promise<Map<string, Difference[] | null>> {
  const shown = await maskRows(first ? [first, ...texts] : texts);
  const readable = new Map(shown.map((row) => [row.id, clusteredText(row)]));
  const own = first && readable.get(first.id);
  const reference = first && own?.text ? referenceOf(own.text, own.language, first.features) : null;
  return new Map(
    texts.map(({ id, features }) => {
      const other = readable.get(id);
      const comparable = reference !== null && reference.tokens.length > 0 && other?.text;
      return [id, comparable ? differences(reference, other.text, other.language, features) : null];
    }),
  );
}

/** The texts of these interactions; unknown ids are left out. */
export async function comparedTexts(ids: readonly string[]): Promise<ComparedText[]> {
  const rows = await db.interaction.findMany({
    where: { id: { in: [...ids] } },
    select: {
      id: true,
      language: true,
      prompt: true,
      completion: true,
      clusterMember: { select: { shape: { select: { features: true } } } },
    },
  });
  return rows.map(({ clusterMember, ...row }) => ({ ...row, features: clusterMember?.shape.features ?? [] }));
}
