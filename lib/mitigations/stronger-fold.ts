import { textMatcher } from '#sdk/engine';
import { normalize } from '#sdk/phrases';
import type { RuleMatcher } from '#sdk/rule';
import type { RuleDraft } from './schema.ts';
import { compileTrial, type TrialText } from './trial.ts';

export type StrongerFold = {
  /** Examples that the matcher misses and that the phrases would hit. */
  examples: number;
  /** To be looked for instead, each on one line. */
  phrases: string[];
};

const PHRASES = 20;
/** UTF-16 units: a shorter phrase is in nearly every text, a longer one is refused. */
const PHRASE_MIN = 4;
const PHRASE_MAX = 500;

/** Whether phrases could see through more than this matcher does. */
export function canFold(matcher: RuleMatcher): matcher is Extract<RuleMatcher, { kind: 'literal' | 're2' }> {
  return matcher.kind === 'literal' || matcher.kind === 're2';
}

/**
 * Whether phrases, which see through capitals, look-alike and invisible characters, accents and blanks, would hit in
 * scope what a text or a pattern misses; null where they would not. For a pattern they are what it finds in the
 * normalised examples.
 */
export function strongerFold(draft: RuleDraft, examples: readonly TrialText[]): StrongerFold | null {
  const { matcher } = draft;
  if (!canFold(matcher)) return null;
  const trial = compileTrial(draft);
  const missed = examples.filter((example) => !trial.hits(example));
  if (missed.length === 0) return null;
  const found = matcher.kind === 'literal' ? [matcher.text] : foundIn(matcher, draft.target, examples);
  const phrases = [...new Set(found.map((text) => text.replace(/\s+/g, ' ').trim()))]
    .filter((text) => text.length <= PHRASE_MAX && normalize(text).text.trim().length >= PHRASE_MIN)
    .slice(0, PHRASES);
  if (phrases.length === 0) return null;
  const stronger = compileTrial({ ...draft, matcher: { kind: 'phrases', phrases } });
  const count = missed.filter(stronger.hits).length;
  return count === 0 ? null : { examples: count, phrases };
}

/** What the pattern finds first in each example, normalised and whatever the capitals. */
function foundIn(
  { pattern }: Extract<RuleMatcher, { kind: 're2' }>,
  target: RuleDraft['target'],
  examples: readonly TrialText[],
): string[] {
  const find = textMatcher({ kind: 're2', pattern, ignoreCase: true });
  return examples.flatMap(({ prompt, completion, language }) => {
    const texts = [
      ...(target === 'completion' ? [] : [prompt]),
      ...(target === 'prompt' ? [] : [completion]),
    ];
    return texts.flatMap((text) => {
      const plain = normalize(text).text;
      return find(plain, language)
        .slice(0, 1)
        .map(({ start, end }) => plain.slice(start, end));
    });
  });
}
