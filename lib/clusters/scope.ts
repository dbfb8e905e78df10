import { createHash } from 'node:crypto';

type Worst = { detector: string; rule: string | null; category: string };

/**
 * What members of a cluster share beyond their shape: the category, and detector and rule of the worst finding, and
 * the language. One decision cites one policy, so one cluster must be about one accusation; one language keeps a
 * reviewer in one syntax.
 * Detector and rule are hashed: each may be longer than an index entry.
 */
export function scopeOf(worst: Worst, language: string): string {
  const accusation = createHash('sha256')
    .update(`${worst.detector}\0${worst.rule ?? ''}`)
    .digest('hex');
  return `${worst.category}/${accusation.slice(0, 24)}/${language}`;
}

/** The parts of a scope that can be read. */
export function readScope(scope: string): { category: string; language: string } {
  const [category = '', , ...language] = scope.split('/');
  return { category, language: language.join('/') };
}
