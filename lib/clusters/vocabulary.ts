import { DEFINES } from './features.ts';
import { isKeyword, lexiconOf } from './lexicon.ts';
import { hashText, mix } from './minhash.ts';
import { isReached, type Token } from './tokenise.ts';

/** Tokens of one shingle. */
const SHINGLE = 3;

/** How often an element counts, as a power of two. */
const WEIGHTS = { built: 0, reached: 3, told: 5 } as const;

/**
 * What near-duplicates have in common, as hashes with their weights. Most of all what a text is about: words of its
 * strings, names that it defines, packages and hosts. Then what it reaches for: functions and members of others, keys
 * and commands. A little how it is built: runs of three normalised tokens. Answers to one question differ in structure
 * and in the names of variables, and answers to different questions are built alike, so structure alone tells neither.
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
  const hashes = stream.map(hashText);
  for (let start = 0; start <= Math.max(0, hashes.length - SHINGLE); start++) {
    let hash = 0;
    for (const one of hashes.slice(start, start + SHINGLE)) hash = mix(Math.imul(hash, 31) + one);
    elements.set(hash, WEIGHTS.built);
  }
  return elements;
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? [];
}

function isVocabulary(text: string, language: string): boolean {
  return /^[\p{L}\p{N}]/u.test(text) && !isKeyword(text, language);
}
