import type { Subject } from '../match.ts';
import type { PackageFinder } from './finder.ts';
import { listedIn, PackageIndex, type PackageMatcher } from './listed.ts';
import { MentionedNames } from './mentioned.ts';

/** So few lists are asked one by one. */
const FEW = 4;
/** Names of a list that has a table of its own: it is made once for the rule and not anew for every ruleset. */
const LARGE = 2_000;

export interface SweptPackages {
  place: number;
  matcher: PackageMatcher;
  finder: PackageFinder;
}

/** All lists of packages at once: which rules list a package of a text. */
export class PackageSweep {
  readonly #places: readonly number[];
  readonly #index: PackageIndex | null;
  readonly #together: MentionedNames | null;
  readonly #large: readonly { place: number; names: MentionedNames }[];

  constructor(lists: readonly SweptPackages[]) {
    this.#places = lists.map(({ place }) => place);
    const entries = (some: readonly SweptPackages[]) =>
      some.flatMap(({ matcher, place }) => listedIn(matcher, place));
    this.#index = lists.length > FEW ? new PackageIndex(entries(lists)) : null;
    const mentioned = lists.filter(({ matcher }) => matcher.find === 'mentioned');
    const small = mentioned.filter(({ matcher }) => matcher.packages.length < LARGE);
    this.#together = small.length > 0 ? new MentionedNames(entries(small)) : null;
    this.#large = mentioned.flatMap(({ matcher, place, finder }) =>
      matcher.packages.length >= LARGE && finder.mentioned ? [{ place, names: finder.mentioned }] : [],
    );
  }

  /** Whether every place that `scan` finds has a package of the text. */
  get isExact(): boolean {
    return this.#index !== null;
  }

  get bytes(): number {
    return this.#together?.bytes ?? 0;
  }

  /** Calls `found` for the place of every rule that lists a package of the text, perhaps more than once. */
  scan(subject: Subject, found: (place: number) => void): void {
    this.#together?.scan(subject.words, 0, true, ({ owner }) => found(owner));
    for (const { place, names } of this.#large) names.scan(subject.words, 0, true, () => found(place));
    if (this.#index) {
      for (const mention of subject.packages)
        this.#index.find(mention, subject.text, ({ owner }) => found(owner));
    } else if (subject.packages.length > 0) {
      for (const place of this.#places) found(place);
    }
  }
}
