import { DEFINES } from './features.ts';
import { isKeyword, lexiconOf } from './lexicon.ts';
import { hashText, mix } from './minhash.ts';
import { isReached, type Token } from './tokenise.ts';

/** How often an element counts, as a power of two. */
const WEIGHTS = { built: 0, reached: 3, told: 5 } as const;

/**
 * What a text speaks of, as hashes with their weights. Most of all words of its strings, names that it defines, packages
 * and hosts. Then what it reaches for: functions and members of others, keys and commands. A little, runs of three
 * normalised tokens, for texts of few words. Answers to one question have this in common when they are built in
 * different ways and call their variables what they like.
 */
export function vocabularyOf(
  tokens: readonly Token[],
  stream: readonly string[],
  features: readonly string[],
  language: string,
): Map<number, number> {
  const elements = new Map<number, number>();
  const add = (kind: keyof typeof WEIGHTS, text: string) =>
    elements.set(hashText(`${kind} ${text}`), WEIGHTS[kind]);
  const { kind } = lexiconOf(language);
  for (const [index, token] of tokens.entries()) {
    if (token.kind === 'string') for (const word of wordsOf(token.text)) add('told', word);
    else if (token.kind === 'name') {
      if (kind !== 'code' || DEFINES.has(tokens[index - 1]?.text ?? '')) add('told', token.text);
      else if (isReached(tokens, index)) add('reached', token.text);
    } else if (
      token.kind === 'kept' &&
      kind !== 'code' &&
      kind !== 'prose' &&
      isVocabulary(token.text, language)
    )
      add('reached', token.text);
  }
  for (const feature of features) if (/^(?:package|host):/.test(feature)) add('told', feature);
  for (const shingle of shinglesOf(stream, 3)) elements.set(shingle, WEIGHTS.built);
  return elements;
}

/** How a text is built: runs of five normalised tokens. One idiom repeated has this in common, whatever it is about. */
export function structureOf(stream: readonly string[]): Map<number, number> {
  return new Map(shinglesOf(stream, 5).map((shingle) => [shingle, WEIGHTS.built]));
}

/** Hashes of all runs of so many tokens; of all tokens, where there are fewer. */
function shinglesOf(stream: readonly string[], length: number): number[] {
  const hashes = stream.map(hashText);
  return Array.from({ length: Math.max(1, hashes.length - length + 1) }, (_, start) => {
    let hash = length;
    for (let index = start; index < Math.min(start + length, hashes.length); index++) {
      hash = mix(Math.imul(hash, 31) + (hashes[index] ?? 0));
    }
    return hash;
  });
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? [];
}

function isVocabulary(text: string, language: string): boolean {
  return /^[\p{L}\p{N}]/u.test(text) && !isKeyword(text, language);
}
