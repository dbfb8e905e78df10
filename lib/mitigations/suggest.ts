import { type Rule, type RuleMatcher, type RuleScope, SURFACES } from '#sdk/rule';
import type { LinkedExample } from './linked.ts';
import { maliciousPackages } from './suggest-packages.ts';
import type { Place } from './suggest-reach.ts';

export type Suggestion = { matcher: RuleMatcher; target: Rule['target']; scope: RuleScope };

/** More values than this in one dimension and the scope would narrow nothing. */
const SCOPE_VALUES = 3;
const TEXTS = 20;
const TEXT_LENGTH = 2_000;
/** Shorter common text says nothing about what went wrong. */
const MIN_COMMON = 4;
const MAX_COMMON = 200;

/** A first rule to correct, from what is linked to the incident; null when nothing is. */
export function suggestRule(examples: readonly LinkedExample[]): Suggestion | null {
  if (examples.length === 0) return null;
  const scope = suggestScope(examples);
  const packages = maliciousPackages(examples);
  if (packages.length > 0) return { matcher: { kind: 'imports', packages }, target: 'completion', scope };
  const spans = findingTexts(examples);
  const target =
    spans.some((span) => span.target === 'completion') || hasCompletions(examples) ? 'completion' : 'prompt';
  const texts = spans.filter((span) => span.target === target).map((span) => span.text);
  const common =
    longestCommon(texts) ??
    longestCommon(examples.map((example) => example[target]).filter((text) => text !== ''));
  return { matcher: { kind: 'literal', text: legible(common ?? ''), ignoreCase: false }, target, scope };
}

/** Where secrets are covered a rule would look for the cover: what stands beside it says enough. */
function legible(text: string): string {
  if (!text.includes('•')) return text;
  const pieces = text.split(/•+/).map((piece) => piece.trim());
  const longest = pieces.reduce((best, piece) => (piece.length > best.length ? piece : best), '');
  return longest.length >= MIN_COMMON ? longest : '';
}

const hasCompletions = (examples: readonly LinkedExample[]) =>
  examples.some(({ completion }) => completion !== '');

/** Dimensions in which the examples have few values. */
export function suggestScope(examples: readonly Place[]): RuleScope {
  const few = (values: string[]) => {
    const distinct = [...new Set(values)].sort();
    return distinct.length <= SCOPE_VALUES ? distinct : undefined;
  };
  const models = few(examples.map((example) => example.modelName));
  const languages = few(examples.map((example) => example.language));
  const surfaces = few(examples.map((example) => example.surface));
  return {
    ...(models && { models }),
    ...(languages && { languages }),
    ...(surfaces && { surfaces: SURFACES.filter((surface) => surfaces.includes(surface)) }),
  };
}

/** What detectors pointed at. */
export function findingTexts(
  examples: readonly LinkedExample[],
): { text: string; target: 'prompt' | 'completion' }[] {
  return examples.flatMap((example) => {
    const target = example.completion === '' ? 'prompt' : 'completion';
    return example.findings.flatMap(({ start, end }) =>
      start === null || end === null || end <= start
        ? []
        : [{ text: example[target].slice(start, end), target } as const],
    );
  });
}

/** The longest text that all share, trimmed; null when there is none worth matching. Reads 20 texts of 2,000. */
export function longestCommon(texts: readonly string[]): string | null {
  const [shortest, ...others] = texts
    .slice(0, TEXTS)
    .map((text) => text.slice(0, TEXT_LENGTH))
    .sort((a, b) => a.length - b.length);
  if (shortest === undefined) return null;
  let best = '';
  let [low, high] = [MIN_COMMON, Math.min(shortest.length, MAX_COMMON)];
  // If a length has a common text, so has every shorter one.
  while (low <= high) {
    const length = Math.floor((low + high) / 2);
    const found = commonOfLength(shortest, others, length);
    if (found === null) high = length - 1;
    else {
      best = found;
      low = length + 1;
    }
  }
  const text = best.trim();
  return text.length >= MIN_COMMON && text.isWellFormed() ? text : null;
}

function commonOfLength(text: string, others: readonly string[], length: number): string | null {
  let fallback: string | null = null;
  for (let at = 0; at + length <= text.length; at++) {
    const piece = text.slice(at, at + length);
    if (!others.every((other) => other.includes(piece))) continue;
    // Of several, one that is mostly not indentation.
    if (piece.trim().length >= MIN_COMMON) return piece;
    fallback ??= piece;
  }
  return fallback;
}
