import type { Subject } from '../match.ts';
import { OutOfWork } from '../work.ts';
import type { PackageFinder } from './finder.ts';
import { listedIn, PackageIndex, type PackageMatcher } from './listed.ts';
import type { PackageMention } from './mention.ts';
import { MentionedNames } from './mentioned.ts';
import { importNamesOf } from './names.ts';
import { SoughtNames } from './sought.ts';

/** So few lists are asked one by one. */
const FEW = 4;
/** Names of a list that has a table of its own: it is made once for the rule and not anew for every ruleset. */
const LARGE = 2_000;

interface SweptPackages {
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
  readonly #lists: readonly SweptPackages[];
  #sought: readonly SoughtNames[] | undefined;

  constructor(lists: readonly SweptPackages[]) {
    this.#lists = lists;
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

  /** Whether a place that `scan` finds has a package of the text. */
  get isExact(): boolean {
    return this.#index !== null;
  }

  get bytes(): number {
    return this.#together?.bytes ?? 0;
  }

  /**
   * Calls `found` for the place of every rule that lists a package of the text, perhaps more than once; where it cannot be
   * told which do, for all, not as certain.
   */
  scan(subject: Subject, found: (place: number, isCertain: boolean) => void): void {
    const { isExact } = this;
    this.#together?.scan(subject.words, 0, true, ({ owner }) => found(owner, isExact));
    for (const { place, names } of this.#large)
      names.scan(subject.words, 0, true, () => found(place, isExact));
    // Nearly every text is told by this: what names no listed package imports none.
    if (!this.#soughtNames().some((names) => names.isIn(subject.text))) return;
    let packages: readonly PackageMention[];
    try {
      ({ packages } = subject);
    } catch (error) {
      if (!(error instanceof OutOfWork)) throw error;
      for (const place of this.#places) found(place, false);
      return;
    }
    if (this.#index) {
      for (const mention of packages)
        this.#index.find(mention, subject.text, ({ owner }) => found(owner, isExact));
    } else if (packages.length > 0) {
      for (const place of this.#places) found(place, false);
    }
  }

  /** Made when a text is first read, not whenever a ruleset comes. */
  #soughtNames(): readonly SoughtNames[] {
    if (this.#sought) return this.#sought;
    const small = this.#lists.filter(({ matcher }) => matcher.packages.length < LARGE);
    this.#sought = [
      ...(small.length > 0 ? [soughtIn(small.map(({ matcher }) => matcher))] : []),
      ...this.#lists.filter((one) => !small.includes(one)).map(({ matcher }) => ofLarge(matcher)),
    ];
    return this.#sought;
  }
}

const soughtIn = (matchers: readonly PackageMatcher[]) =>
  new SoughtNames(matchers, (name) => importNamesOf(name)?.names ?? []);

const large = new WeakMap<PackageMatcher, SoughtNames>();

/** Of a list that takes long to sort: once for the rule, whatever rulesets it is in. */
function ofLarge(matcher: PackageMatcher): SoughtNames {
  const known = large.get(matcher) ?? soughtIn([matcher]);
  large.set(matcher, known);
  return known;
}
