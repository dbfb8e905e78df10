import type { StrongerFold } from '#lib/mitigations/stronger-fold';
import type { RuleForm } from './rule-form.ts';
import { counted } from './words.ts';

/** What the matcher misses for a disguise alone, and what looking for phrases would change. */
export function foldWords({ examples, phrases }: StrongerFold, isPattern: boolean): string {
  const differ = `${counted(examples, 'example')} ${examples === 1 ? 'differs' : 'differ'} only in capitals, blanks, or hidden or look-alike characters.`;
  if (!isPattern) return `${differ} Phrases find ${examples === 1 ? 'it' : 'them'}.`;
  const instead = `${counted(phrases.length, 'phrase')} from the examples, not for all that the pattern finds`;
  return `${differ} Phrases find ${examples === 1 ? 'it' : 'them'}, but look only for ${instead}.`;
}

/** The form with phrases chosen; those that would catch the examples fill an empty field, what was typed stays. */
export function withPhrases(
  form: Pick<RuleForm, 'phrases'>,
  fold: StrongerFold | null,
): Pick<RuleForm, 'kind' | 'phrases'> {
  return {
    kind: 'phrases',
    phrases: form.phrases.trim() === '' && fold ? fold.phrases.join('\n') : form.phrases,
  };
}
