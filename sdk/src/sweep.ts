import { type Automaton, createAutomaton } from './automaton.ts';
import type { Seen } from './confirm.ts';
import type { Subject } from './match.ts';
import type { PackageFinder } from './packages/finder.ts';
import { PackageSweep } from './packages/package-sweep.ts';
import { soughtIn } from './required.ts';
import type { Rule } from './rule.ts';
import { createShards, type KnownSets, type Shard } from './shards.ts';
import { BLOCK } from './windows.ts';

/** What a rule's text is searched with before the rule itself. */
export type Sieve = 'strings' | 'phrases' | 'imports' | 'none' | 'shard';

interface Swept {
  rule: Rule;
  required: readonly string[][] | null;
  packages: PackageFinder | null;
}

export function sieveOf(swept: Omit<Swept, 'packages'>): Sieve {
  switch (swept.rule.matcher.kind) {
    case 'any':
      return 'none';
    case 'imports':
      return 'imports';
    case 'phrases':
      return swept.required ? 'phrases' : 'none';
    case 'literal':
    case 'shape':
      return soughtIn(swept.required) ? 'strings' : 'none';
    case 're2':
      return soughtIn(swept.required) ? 'strings' : 'shard';
  }
}

/** What one pass over one text has seen. */
export interface Sightings {
  /** Where strings of the rule at `place` are in the text that the pass read, see `startsNear`; null where nobody knows. */
  of(place: number): Seen;
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
  /** For each part that is looked for the rules that it may be a string of, and for each rule its parts. */
  readonly #owners: readonly (readonly number[])[];
  readonly #parts = new Map<number, number[]>();
  /** Rules with a string that nobody looks for. */
  readonly #always: ReadonlySet<number>;

  constructor(
    entries: readonly { place: number; strings: readonly string[] }[],
    make: (strings: readonly string[]) => Automaton | null,
  ) {
    const users = new Map<string, number[]>();
    for (const { place, strings } of entries) {
      for (const text of new Set(strings)) {
        const known = users.get(text);
        if (known) known.push(place);
        else users.set(text, [place]);
      }
    }
    this.automaton = make([...users.keys()]);
    const places = [...users.values()];
    const usersOf = (indices: readonly number[]) => [
      ...new Set(indices.flatMap((index) => places[index] as number[])),
    ];
    this.#owners = (this.automaton?.parts ?? []).map(usersOf);
    this.#always = new Set(usersOf(this.automaton?.always ?? []));
    for (const [part, owners] of this.#owners.entries()) {
      for (const place of owners) {
        const known = this.#parts.get(place);
        if (known) known.push(part);
        else this.#parts.set(place, [part]);
      }
    }
  }

  /** Calls `found` once for each part that is in the text and each rule that it is looked for on behalf of. */
  scan(text: string, found: (place: number) => void): Sightings['of'] {
    const seen = new Map<number, number[]>();
    for (const place of this.#always) found(place);
    this.automaton?.scan(
      text,
      (part, at) => {
        const known = seen.get(part);
        if (known) known.push(at);
        else {
          seen.set(part, [at]);
          for (const place of this.#owners[part] as readonly number[]) found(place);
        }
      },
      BLOCK,
    );
    return (place) => {
      const parts = this.#parts.get(place);
      if (!parts || this.#always.has(place)) return null;
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
    this.#strings = new Strings(
      by('strings').map((swept) => ({ ...swept, strings: soughtIn(swept.required) ?? [] })),
      make,
    );
    this.#phrases = new Strings(
      by('phrases').map((swept) => ({ ...swept, strings: swept.required?.[0] ?? [] })),
      make,
    );
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
      of: (place) => strings?.(place) ?? phrases?.(place) ?? null,
      isCertain: (place) => packages?.has(place) === true,
    };
  }
}
