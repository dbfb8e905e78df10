import { normalize } from '#sdk/phrases';
import type { Field } from '#sdk/scope-shape';

/** What providers and clouds write before a model's own name: paths such as `openai/`, and Bedrock's `us.anthropic.`. */
const PROVIDER =
  /^(?:.*\/|(?:(?:us|eu|apac|global)\.)?(?:ai21|amazon|anthropic|cohere|deepseek|google|meta|mistral|openai)[.:])/;
/** A model's default tag says nothing. */
const DEFAULT_TAG = /[:@](?:latest|default)$/;
/** Between digits a separator keeps two numbers apart; elsewhere it is a matter of taste. */
const BETWEEN_DIGITS = /(?<=\d)[\s._-]+(?=\d)/g;
const SEPARATORS = /[\s_-]+/g;

/**
 * What is left of a name in a scope without case, look-alike and invisible characters, blanks, `-` and `_`; of a model
 * without its provider and default tag, of a version without its `v`. Two different names of one list with one key are
 * most likely meant as the same. Linear.
 */
export function lookAlikeKey(field: Field, name: string): string {
  const plain = normalize(name).text.trim();
  const own = ownName(field, plain);
  const key = own.replace(BETWEEN_DIGITS, '.').replace(SEPARATORS, '');
  return key === '' ? plain : key;
}

function ownName(field: Field, name: string): string {
  if (field === 'models') return name.replace(DEFAULT_TAG, '').replace(PROVIDER, '');
  return field === 'versions' ? name.replace(/^v(?=\d)/, '') : name;
}

/**
 * Which characters of a name only look like ASCII, as "U+0441 for c", so that two names that look the same can be told
 * apart; null where none does. What is invisible is shown as a mark anyway.
 */
export function oddCharacters(name: string): string | null {
  const odd = [...new Set(name)].flatMap((character) => {
    const plain = normalize(character, false).text;
    if (character <= '\x7f' || !/^[!-~]+$/.test(plain)) return [];
    return [`U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')} for ${plain}`];
  });
  return odd.length > 0 ? odd.join(', ') : null;
}
