import { RE2Set } from 're2js';
import { boundedMatch } from './automata.ts';
import { readProgram, readsNothing, withoutLead } from './program.ts';
import type { RuleMatcher } from './rule.ts';
import { createThreads } from './threads.ts';

type Pattern = Extract<RuleMatcher, { kind: 're2' }>;

/**
 * Patterns that require no string, joined into sets: one pass of a set says which of them hit at all. A set of 1,000
 * patterns thrashes its memory and takes 14 ms for 2 KB it has not seen; twenty sets of 50 take 0.3 ms. Where a text asks
 * for more states than a set may have, as one can that is made for it, its patterns are run one by one in bits.
 */
const SHARD = 50;

/**
 * Instructions of new states that one pass may make, and for each pattern and unit of text: far less than it takes to follow
 * the patterns one by one, and enough for what ordinary texts have that is new.
 */
const STATES = 16_384;
const STATES_PER_UNIT = 0.05;

export interface Shard {
  /** What the caller knows the patterns by, in order. */
  places: number[];
  /** The places whose patterns hit the text; perhaps more, never fewer. */
  scan(text: string): readonly number[];
}

/** Sets of an earlier ruleset by their patterns; null for patterns that do not compile together. */
export type KnownSets = Map<string, Match | null>;

type Match = ReturnType<typeof boundedMatch>;

function buildSet(patterns: readonly Pattern[]): Match | null {
  try {
    const set = new RE2Set();
    for (const { pattern, ignoreCase } of patterns) set.add(ignoreCase ? `(?i)${pattern}` : pattern);
    set.compile();
    return boundedMatch(set);
  } catch {
    // What compiles alone but not together is run alone.
    return null;
  }
}

function setOf(patterns: readonly Pattern[], before: KnownSets, after: KnownSets): Match | null {
  const key = JSON.stringify(patterns.map(({ pattern, ignoreCase }) => [pattern, ignoreCase]));
  const set = before.get(key) ?? buildSet(patterns);
  after.set(key, set);
  return set;
}

/** Whether a pattern may hit: no dearer on a text that asks for a state at each character. */
function hitTest({ pattern, ignoreCase }: Pattern): (text: string) => boolean {
  const program = readProgram(pattern, ignoreCase);
  if (!program || readsNothing(program)) return () => true;
  const threads = createThreads(withoutLead(program));
  return (text) => threads.run(text, [0, text.length - 1], { units: 0, most: Number.POSITIVE_INFINITY });
}

/** `known` is read and then holds what is in use: a new rule at the end builds one set anew. */
export function createShards(
  patterns: readonly { place: number; matcher: Pattern }[],
  known: KnownSets = new Map(),
): Shard[] {
  const shards: Shard[] = [];
  const before: KnownSets = new Map(known);
  known.clear();
  for (let at = 0; at < patterns.length; at += SHARD) {
    const members = patterns.slice(at, at + SHARD);
    const places = members.map(({ place }) => place);
    const set =
      members.length > 2
        ? setOf(
            members.map(({ matcher }) => matcher),
            before,
            known,
          )
        : null;
    let oneByOne: ((text: string) => boolean)[] | undefined;
    shards.push({
      places,
      scan: (text) => {
        if (!set) return places;
        try {
          const hits = set(text, STATES + STATES_PER_UNIT * members.length * text.length);
          if (hits) return hits.map((index) => places[index] as number);
        } catch {
          return places;
        }
        oneByOne ??= members.map(({ matcher }) => hitTest(matcher));
        return places.filter((_, index) => oneByOne?.[index]?.(text) !== false);
      },
    });
  }
  return shards;
}
