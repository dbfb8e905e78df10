import type { Category, Severity } from '#lib/interactions/schema';

/** Raise it with every change below. */
export const MAPPING_VERSION = 'openai-moderation/2';

type Meaning = { category: Category; severity: Severity };

/**
 * The categories of omni-moderation-latest (OpenAI's API reference, "Moderation object"; the `illicit` ones came with
 * it, text-moderation has the others). None is about code, so all are `other`; the rule keeps their own name, which
 * is what a queue of its own can be made for.
 */
const MODERATION_CATEGORIES: Record<string, Meaning> = {
  harassment: { category: 'other', severity: 'medium' },
  'harassment/threatening': { category: 'other', severity: 'high' },
  hate: { category: 'other', severity: 'medium' },
  'hate/threatening': { category: 'other', severity: 'high' },
  illicit: { category: 'other', severity: 'high' },
  'illicit/violent': { category: 'other', severity: 'critical' },
  'self-harm': { category: 'other', severity: 'high' },
  'self-harm/intent': { category: 'other', severity: 'critical' },
  'self-harm/instructions': { category: 'other', severity: 'critical' },
  sexual: { category: 'other', severity: 'medium' },
  'sexual/minors': { category: 'other', severity: 'critical' },
  violence: { category: 'other', severity: 'medium' },
  'violence/graphic': { category: 'other', severity: 'medium' },
};

/** OpenAI's clients write `sexual_minors`, `sexualMinors` or `SEXUAL_MINORS` for `sexual/minors`. */
const plain = (name: string): string => name.toLowerCase().replace(/[^a-z]/g, '');
const BY_PLAIN_NAME = new Map(
  Object.entries(MODERATION_CATEGORIES).map(([name, meaning]) => [plain(name), { name, meaning }]),
);

/** The category's own name and what it means, however it is spelled; undefined for one that is not in the table. */
export function knownCategory(spelled: string): { name: string; meaning: Meaning } | undefined {
  return BY_PLAIN_NAME.get(plain(spelled));
}

/** A category that came after this table. */
export const UNKNOWN_CATEGORY = { category: 'other', severity: 'medium' } as const;
