import type { Unescaped } from './unescaped.ts';

/** Where something stands: UTF-16 offsets, `end` exclusive, and the rule that says what it is. */
export type Hit = { start: number; end: number; rule: string };

/** A rule answers offsets in the unescaped text. It is asked only about texts that hold one of its words. */
export interface Rule {
  /** In any case; none: asked about every text. */
  words: readonly string[];
  find(view: Unescaped): Iterable<Hit>;
}
