import type { LinkedExample } from '#lib/mitigations/linked';
import type { ComposerExample } from './rule-form.ts';

const TEXT_MAX = 8_000;

/** What the browser needs of the linked interactions; very long texts are cut, the back-test reads them whole. */
export function forComposer(examples: readonly LinkedExample[]): ComposerExample[] {
  return examples.map(({ findings: _, ...example }) => ({
    ...example,
    prompt: example.prompt.slice(0, TEXT_MAX),
    completion: example.completion.slice(0, TEXT_MAX),
  }));
}
