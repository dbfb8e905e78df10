import { type Automaton, createAutomaton } from './automaton.ts';
import { looseName } from './imports.ts';
import type { Subject } from './match.ts';
import { rarest } from './required.ts';
import type { Rule } from './rule.ts';
import { createShards, type KnownSets, type Shard } from './shards.ts';

/** What a rule's text is searched with before the rule itself. */
export type Sieve = 'strings' | 'phrases' | 'imports' | 'none' | 'shard';

export interface Swept {
  rule: Rule;
  required: readonly string[][] | null;
}

/** Shorter strings are in nearly every text. */
const SHORT = 3;
/** So few lists of packages are asked one by one. */
const FEW = 4;

/** The strings of which one must be there; undefined where only the pattern itself can tell. */
const sought = ({ required }: Swept) =>
  rarest((required ?? []).filter((list) => list.every((text) => text.length >= SHORT)));

export function sieveOf(swept: Swept): Sieve {
  switch (swept.rule.matcher.kind) {
    case 'any':
      return 'none';
    case 'imports':
      return 'imports';
    case 'phrases':
      return swept.required ? 'phrases' : 'none';
    case 'literal':
    case 'shape':
      return sought(swept) ? 'strings' : 'none';
    case 're2':
      return sought(swept) ? 'strings' : 'shard';
  }
}

/** Many strings of many rules as one automaton; rules are known by their places. */
class Strings {
  readonly automaton: Automaton | null;
  readonly #owners: (readonly number[])[];

  constructor(entries: readonly { place: number; strings: readonly string[] }[]) {
    const owners = new Map<string, number[]>();
    for (const { place, strings } of entries) {
      for (const text of new Set(strings)) {
        const known = owners.get(text);
        if (known) known.push(place);
        else owners.set(text, [place]);
      }
    }
    this.#owners = [...owners.values()];
    this.automaton = owners.size > 0 ? createAutomaton([...owners.keys()]) : null;
  }

  scan(text: string, found: (place: number, at: number) => void) {
    if (!this.automaton) return;
    const report = (index: number, at: number) => {
      for (const place of this.#owners[index] as readonly number[]) found(place, at);
    };
    for (const index of this.automaton.always) report(index, 0);
    this.automaton.scan(text, report);
  }
}

/** All lists of packages as one, from a name to the rules that list it. */
class Packages {
  readonly #exact = new Map<string, number[]>();
  readonly #loose = new Map<string, number[]>();

  constructor(entries: readonly { place: number; packages: readonly string[] }[]) {
    const enter = (index: Map<string, number[]>, name: string, place: number) => {
      const places = index.get(name);
      if (!places) index.set(name, [place]);
      else if (places[places.length - 1] !== place) places.push(place);
    };
    for (const { place, packages } of entries) {
      for (const name of packages) {
        enter(this.#exact, name, place);
        enter(this.#loose, looseName(name), place);
        if (name.includes('.')) enter(this.#loose, looseName(name.replaceAll('.', '-')), place);
      }
    }
  }

  scan(subject: Subject, found: (place: number) => void) {
    for (const { names, loose } of subject.packages) {
      for (const name of names) {
        for (const place of this.#exact.get(name) ?? []) found(place);
        if (loose) for (const place of this.#loose.get(looseName(name)) ?? []) found(place);
      }
    }
  }
}

/**
 * One pass over a text for all rules at once. What it finds are candidates: every rule that hits is among them. Its
 * tables are built anew for every ruleset; what single rules need is not.
 */
export class Sweep {
  readonly #strings: Strings;
  readonly #phrases: Strings;
  readonly #lists: readonly number[];
  readonly #packages: Packages | null;
  readonly #shards: readonly Shard[];

  constructor(all: readonly Swept[], known?: KnownSets) {
    const by = (sieve: Sieve) =>
      all.flatMap((swept, place) => (sieveOf(swept) === sieve ? [{ ...swept, place }] : []));
    this.#strings = new Strings(by('strings').map((swept) => ({ ...swept, strings: sought(swept) ?? [] })));
    this.#phrases = new Strings(
      by('phrases').map((swept) => ({ ...swept, strings: swept.required?.[0] ?? [] })),
    );
    const lists = by('imports').flatMap(({ rule: { matcher }, place }) =>
      matcher.kind === 'imports' ? { place, packages: matcher.packages } : [],
    );
    this.#lists = lists.map(({ place }) => place);
    this.#packages = lists.length > FEW ? new Packages(lists) : null;
    this.#shards = createShards(
      by('shard').flatMap(({ rule: { matcher }, place }) =>
        matcher.kind === 're2' ? { place, matcher } : [],
      ),
      known,
    );
  }

  /** Bytes of the tables that all rules share. */
  get bytes(): number {
    return (this.#strings.automaton?.bytes ?? 0) + (this.#phrases.automaton?.bytes ?? 0);
  }

  /**
   * Calls `found` for every candidate, perhaps more than once, that one of the `sieves` finds; `wanted` says of a place
   * whether it is of interest at all, so that no pattern is run for a request that it does not apply to. No match that
   * counts ends before `at`.
   */
  run(
    subject: Subject,
    sieves: ReadonlySet<Sieve>,
    wanted: (place: number) => boolean,
    found: (place: number, at: number) => void,
  ) {
    const anywhere = (place: number) => found(place, 0);
    if (sieves.has('strings')) this.#strings.scan(subject.text, found);
    if (sieves.has('phrases')) this.#phrases.scan(subject.normalized.text, anywhere);
    if (sieves.has('imports') && subject.packages.length > 0) {
      if (this.#packages) this.#packages.scan(subject, anywhere);
      else for (const place of this.#lists) anywhere(place);
    }
    if (!sieves.has('shard')) return;
    for (const shard of this.#shards) {
      if (!shard.places.some(wanted)) continue;
      for (const place of shard.scan(subject.text)) anywhere(place);
    }
  }
}

/** Whether a folded text has a string from each list: says no to most that one string alone let through. */
export function hasAll(folded: string, lists: readonly string[][]): boolean {
  return lists.every((list) => list.length > FEW || list.some((text) => folded.includes(text)));
}
