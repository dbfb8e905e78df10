import type pg from 'pg';
import { requiredOf } from '#lib/mitigations/backtest-required';
import { type Excerpt, excerptAround } from '#lib/mitigations/excerpt';
import { mask } from '#lib/secrets/mask';
import { placesOf } from '#lib/secrets/places';
import { type Span, textMatcher } from '#sdk/engine';
import type { RuleMatcher } from '#sdk/rule';
import type { Required } from './candidates.ts';
import type { Term } from './query.ts';
import { eachRow } from './session.ts';

/** Where the first text that was asked for stands, secrets covered. */
export type Match = { field: 'prompt' | 'completion'; excerpt: Excerpt };

const AROUND = 120;

/** The matcher of a rule that hits what the term finds; null for terms that are no texts. */
export function matcherOf({ key, value }: Pick<Term, 'key' | 'value'>): RuleMatcher | null {
  if (key === 'text') return { kind: 'phrases', phrases: [value] };
  return key === 're' ? { kind: 're2', pattern: value, ignoreCase: false } : null;
}

export const readsTexts = (terms: readonly Term[]) => terms.some((term) => matcherOf(term) !== null);

/** What every text that is found must hold; null where nothing can be said. */
export function requiredBy(terms: readonly Term[]): Required | null {
  const lists = terms.flatMap((term) => {
    const matcher = term.negated ? null : matcherOf(term);
    return (matcher && requiredOf(matcher)) ?? [];
  });
  return lists.length > 0 ? lists : null;
}

/**
 * Tries terms on the texts of interactions, as everybody may see them: what is masked is found by nobody. Answers those
 * that hold, in the order given, each with where; null where only absence was asked for.
 */
export function textReader(terms: readonly Term[]) {
  const finders = terms.flatMap((term) => {
    const matcher = matcherOf(term);
    return matcher ? [{ find: textMatcher(matcher), negated: term.negated }] : [];
  });

  function judge(prompt: string, completion: string): Match | null | undefined {
    const hits = { prompt: [] as Span[], completion: [] as Span[] };
    for (const { find, negated } of finders) {
      const found = { prompt: find(prompt), completion: find(completion) };
      const isThere = found.prompt.length + found.completion.length > 0;
      if (isThere === negated) return undefined;
      if (negated) continue;
      hits.prompt.push(...found.prompt);
      hits.completion.push(...found.completion);
    }
    const field = hits.completion.length > 0 ? 'completion' : 'prompt';
    const spans = hits[field].sort((a, b) => a.start - b.start);
    if (spans.length === 0) return null;
    return { field, excerpt: excerptAround(field === 'prompt' ? prompt : completion, spans, AROUND) };
  }

  return async (client: pg.ClientBase, ids: readonly string[]): Promise<Map<string, Match | null>> => {
    const places = await placesOf(client, ids);
    const found = new Map<string, Match | null>();
    await eachRow<[string, string, string]>(
      client,
      `SELECT i.id, i.prompt, i.completion FROM unnest($1::uuid[]) WITH ORDINALITY AS asked (id, place)
       JOIN interaction i ON i.id = asked.id WHERE i.erased_at IS NULL ORDER BY place`,
      [ids],
      ([id, prompt, completion]) => {
        const of = (field: string) => (places.get(id) ?? []).filter((place) => place.field === field);
        const match = judge(mask(prompt, of('prompt')), mask(completion, of('completion')));
        if (match !== undefined) found.set(id, match);
      },
    );
    return found;
  };
}
