import { createHash } from 'node:crypto';
import { featuresOf } from './features.ts';
import { signatureOf } from './minhash.ts';
import { isReached, type Token, tokenise } from './tokenise.ts';
import { structureOf, vocabularyOf } from './vocabulary.ts';

/** Below so many tokens one changed token moves the similarity too far to mean anything. */
export const SHORT = 20;

/**
 * The version of what a signature is made of: the next number with every change to it, to tokens or to hashes. Those of
 * two versions are never compared; `renewShapes` makes the older ones anew.
 */
export const SIGNATURE_VERSION = 3;

/** What is left of a text when all that varies between repeats of the same idiom is taken out. */
export type Shape = {
  /** SHA-256 over the normalised tokens. */
  fingerprint: Buffer;
  /** SHA-256 over the features. */
  featureHash: Buffer;
  features: string[];
  /** Null for short texts: those are compared by fingerprint and features. */
  signature: Uint32Array | null;
};

/** Marks of what could not become text: "[image: not shown]". */
const MARKS = /\[[a-z ]{1,60}: not shown\]/g;

/**
 * The text that an interaction is clustered by, and the language it is read in: the answer, or what was asked. An answer
 * of which nothing is shown says too little to be alike another: what was asked counts too.
 */
export function clusteredText(row: { prompt: string; completion: string; language: string }) {
  if (row.completion.replace(MARKS, '').trim() !== '')
    return { text: row.completion, language: row.language };
  return { text: [row.prompt, row.completion.trim()].filter(Boolean).join('\n'), language: 'text' };
}

export function shapeOf(text: string, language: string): Shape {
  const tokens = tokenise(text, language);
  const stream = streamOf(tokens);
  const features = featuresOf(text, language, tokens);
  // Nothing but signs and comments: then only the same text is the same.
  const normalised = stream.length === 0 ? [text.trim()] : numberedSlots(tokens, stream);
  return {
    fingerprint: sha256(normalised.join('\u0001')),
    featureHash: sha256(features.join('\u0001')),
    features,
    signature:
      stream.length < SHORT
        ? null
        : signatureOf(vocabularyOf(tokens, stream, features, language), structureOf(stream)),
  };
}

const SLOTS = { name: 'name', number: '0', string: '""' } as const;

/** Normalised tokens: what the text's writer chose is a slot, what it reaches for is kept. */
export function streamOf(tokens: readonly Token[]): string[] {
  return tokens.map((token, index) => {
    if (token.kind === 'kept') return token.text.toLowerCase();
    if (token.kind !== 'name') return SLOTS[token.kind];
    return isReached(tokens, index) ? token.text : SLOTS.name;
  });
}

/** For the fingerprint the slots of names are numbered by first use: `f(a, b)` is not `f(b, b)`. */
function numberedSlots(tokens: readonly Token[], stream: readonly string[]): string[] {
  const numbers = new Map<string, number>();
  return stream.map((text, index) => {
    const token = tokens[index];
    if (token?.kind !== 'name' || text !== SLOTS.name) return text;
    const number = numbers.get(token.text) ?? numbers.size;
    numbers.set(token.text, number);
    return `${SLOTS.name}${number}`;
  });
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
