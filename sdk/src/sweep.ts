import { type Automaton, createAutomaton } from './automaton.ts';
import type { Subject } from './match.ts';
import type { PackageFinder } from './packages/finder.ts';
import { PackageSweep } from './packages/package-sweep.ts';
import type { Rule } from './rule.ts';
import { createShards, type KnownSets, type Shard } from './shards.ts';
import { BLOCK, type Seen } from './windows.ts';

/** What a rule's text is searched with before the rule itself. */
export type Sieve = 'strings' | 'phrases' | 'imports' | 'none' | 'shard';

interface Swept {
  rule: Rule;
  watched: readonly string[][];
  packages: PackageFinder | null;
}

export function sieveOf({ rule, watched }: Omit<Swept, 'packages'>): Sieve {
  switch (rule.matcher.kind) {
    case 'any':
      return 'none';
    case 'imports':
      return 'imports';
    case 'phrases':
      return watched.length > 0 ? 'phrases' : 'none';
    case 'literal':
    case 'shape':
      return watched.length > 0 ? 'strings' : 'none';
    case 're2':
      return watched.length > 0 ? 'strings' : 'shard';
  }
}

/** What one pass over one text has seen. */
export interface Sightings {
  /**
   * Where strings of one of the lists that are watched for the rule at `place` are in the text that the pass read, see
   * `startsNear`; null where nobody knows.
   */
  of(place: number, list?: number): Seen;
  /** Whether the rule at `place`, being a candidate, hits. */
  isCertain(place: number): boolean;
}

/** Automata by the JSON of their strings. */
export type KnownAutomata = Map<string, Automaton>;

function automatonOf(
  strings: readonly string[],
  before: KnownAutomata,
  after: KnownAutomata,
): Automaton | null {
  if (strings.length === 0) return null;
  const key = JSON.stringify(strings);
  const automaton = before.get(key) ?? createAutomaton(strings);
  after.set(key, automaton);
  return automaton;
}

/** Many strings of many rules as one automaton; rules are known by their places. */
class Strings {
  readonly automaton: Automaton | null;
  /** The lists one after the other: whose each is, and whether that rule is found by it. */
  readonly #places: number[] = [];
  readonly #isFirst: boolean[] = [];
  /** By place its first list. */
  readonly #lists = new Map<number, number>();
  /** For each part that is looked for the lists that it may be of, and for each list its parts. */
  readonly #owners: readonly (readonly number[])[];
  readonly #parts: number[][] = [];
  /** Lists with a string that nobody looks for. */
  readonly #always: ReadonlySet<number>;

  constructor(
    entries: readonly { place: number; watched: readonly (readonly string[])[] }[],
    make: (strings: readonly string[]) => Automaton | null,
  ) {
    const users = new Map<string, number[]>();
    for (const { place, watched } of entries) {
      this.#lists.set(place, this.#places.length);
      for (const [index, strings] of watched.entries()) {
        const list = this.#places.push(place) - 1;
        this.#isFirst.push(index === 0);
        for (const text of new Set(strings)) {
          const known = users.get(text);
          if (known) known.push(list);
          else users.set(text, [list]);
        }
      }
    }
    this.automaton = make([...users.keys()]);
    const lists = [...users.values()];
    const usersOf = (indices: readonly number[]) => [
      ...new Set(indices.flatMap((index) => lists[index] as number[])),
    ];
    this.#owners = (this.automaton?.parts ?? []).map(usersOf);
    this.#always = new Set(usersOf(this.automaton?.always ?? []));
    this.#parts = this.#places.map(() => []);
    for (const [part, owners] of this.#owners.entries())
      for (const list of owners) this.#parts[list]?.push(part);
  }

  /** Whether a string of a rule is in the text. */
  isIn(text: string): boolean {
    return this.#always.size > 0 || this.automaton?.isIn(text) === true;
  }

  /** Calls `found` once for each part that is in the text and each rule that is found by it. */
  scan(text: string, found: (place: number) => void): Sightings['of'] {
    const seen = new Map<number, number[]>();
    const tell = (list: number) => {
      if (this.#isFirst[list]) found(this.#places[list] as number);
    };
    for (const list of this.#always) tell(list);
    this.automaton?.scan(
      text,
      (part, at) => {
        const known = seen.get(part);
        if (known) known.push(at);
        else {
          seen.set(part, [at]);
          for (const list of this.#owners[part] as readonly number[]) tell(list);
        }
      },
      BLOCK,
    );
    return (place, index = 0) => {
      const first = this.#lists.get(place);
      if (first === undefined || this.#always.has(first + index)) return null;
      const parts = this.#parts[first + index] as readonly number[];
      if (parts.length === 1) return seen.get(parts[0] as number) ?? [];
      return parts.flatMap((part) => seen.get(part) ?? []).sort((a, b) => a - b);
    };
  }
}

/**
 * One pass over a text for all rules at once. What it finds are candidates: every rule that hits is among them. Its
 * tables are built anew for every ruleset, but for automata of strings that the last one had too: those are in `known`, which
 * then holds the ones in use.
 */
export class Sweep {
  readonly #strings: Strings;
  readonly #phrases: Strings;
  readonly #packages: PackageSweep;
  readonly #shards: readonly Shard[];

  constructor(all: readonly Swept[], known?: { sets: KnownSets; automata: KnownAutomata }) {
    const [before, after] = [new Map(known?.automata), known?.automata ?? new Map()];
    after.clear();
    const make = (strings: readonly string[]) => automatonOf(strings, before, after);
    const by = (sieve: Sieve) =>
      all.flatMap((swept, place) => (sieveOf(swept) === sieve ? [{ ...swept, place }] : []));
    this.#strings = new Strings(by('strings'), make);
    this.#phrases = new Strings(by('phrases'), make);
    this.#packages = new PackageSweep(
      by('imports').flatMap(({ rule: { matcher }, place, packages }) =>
        matcher.kind === 'imports' && packages ? { place, matcher, finder: packages } : [],
      ),
    );
    this.#shards = createShards(
      by('shard').flatMap(({ rule: { matcher }, place }) =>
        matcher.kind === 're2' ? { place, matcher } : [],
      ),
      known?.sets,
    );
  }

  /** Bytes of the tables that all rules share. */
  get bytes(): number {
    return (
      (this.#strings.automaton?.bytes ?? 0) + (this.#phrases.automaton?.bytes ?? 0) + this.#packages.bytes
    );
  }

  /** Whether no rule can be a candidate, where that is plain at once: most strings of JSON are short and hold nothing. */
  holdsNothing(text: string, sieves: ReadonlySet<Sieve>): boolean {
    return sieves.size === 1 && sieves.has('strings') && !this.#strings.isIn(text);
  }

  /**
   * Calls `found` for every candidate, perhaps more than once, that one of the `sieves` finds; `wanted` says of a place
   * whether it is of interest at all, so that no pattern is run for a request that it does not apply to.
   */
  run(
    subject: Subject,
    sieves: ReadonlySet<Sieve>,
    wanted: (place: number) => boolean,
    found: (place: number) => void,
  ): Sightings {
    const strings = sieves.has('strings') ? this.#strings.scan(subject.text, found) : null;
    const phrases = sieves.has('phrases') ? this.#phrases.scan(subject.normalized.text, found) : null;
    const packages = sieves.has('imports') ? new Set<number>() : null;
    if (packages) {
      this.#packages.scan(subject, (place, isCertain) => {
        if (isCertain) packages.add(place);
        found(place);
      });
    }
    if (sieves.has('shard')) {
      for (const shard of this.#shards) {
        if (!shard.places.some(wanted)) continue;
        for (const place of shard.scan(subject.text)) found(place);
      }
    }
    return {
      of: (place, list) => strings?.(place, list) ?? phrases?.(place, list) ?? null,
      isCertain: (place) => packages?.has(place) === true,
    };
  }
}
