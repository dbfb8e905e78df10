import type { Ecosystem } from './ecosystems.ts';

/** A place in a text that brings a package in. */
export interface PackageMention {
  ecosystem: Ecosystem;
  /** What a rule may list to hit this mention, as written, most specific first: `['a.b', 'a']`. */
  names: string[];
  /** As written, with its operator (`1.2.3`, `==1.2.*`, `^1`); null where none is. */
  version: string | null;
  /** A statement of a language, a command, or a file that lists dependencies. */
  how: 'import' | 'install' | 'manifest';
  /** UTF-16 offsets of the name as written, end exclusive. */
  start: number;
  end: number;
}
