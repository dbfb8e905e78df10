import type { RE2JS, RE2Set } from 're2js';

/**
 * What the automata of re2js may hold. It makes their states as it meets texts, up to 8 MB for each pattern: for
 * thousands of patterns that is more than a process has. Here all of a process together are held to one sum. What is
 * forgotten is made again when it is needed; no answer depends on it.
 */
export const AUTOMATA = {
  /** Bytes, by re2js' own reckoning, which is near to what V8 takes. */
  pattern: 512 * 1024,
  set: 4 * 1024 * 1024,
  total: 96 * 1024 * 1024,
} as const;

interface Dfa {
  memBudget: number;
  stateBudget: number;
  clearCache(): void;
}

function isDfa(value: unknown): value is Dfa {
  return (
    typeof value === 'object' &&
    value !== null &&
    'memBudget' in value &&
    'stateBudget' in value &&
    'clearCache' in value &&
    typeof value.clearCache === 'function' &&
    'step' in value &&
    typeof value.step === 'function'
  );
}

const filled = new Set<Dfa>();
let held = 0;

/** Bytes that the automata of this process hold now, at most. */
export const automataBytes = () => held;

function forgetAll() {
  for (const dfa of filled) dfa.clearCache();
  filled.clear();
  held = 0;
}

/** Runs what uses the automaton, and keeps account. */
function accounted<T>(dfa: Dfa | null, run: () => T): T {
  if (!dfa) return run();
  const before = dfa.memBudget;
  try {
    return run();
  } finally {
    const added = before - dfa.memBudget;
    if (added !== 0) {
      held += added;
      filled.add(dfa);
      if (held > AUTOMATA.total) forgetAll();
    }
  }
}

function limited(value: unknown, bytes: number): Dfa | null {
  if (!isDfa(value)) return null;
  value.stateBudget = bytes;
  value.memBudget = bytes;
  return value;
}

/** `re.test` within the bounds. */
export function boundedTest(re: RE2JS): (text: string) => boolean {
  const { dfa } = re.re2() as unknown as { dfa?: unknown };
  const known = limited(dfa, AUTOMATA.pattern);
  return (text) => accounted(known, () => re.test(text));
}

/** What makes a state that is not there yet, from the instructions of the one before it. */
interface SetDfa extends Dfa {
  step(from: { nfaStates: readonly number[] }, ...given: unknown[]): unknown;
}

class TooDear extends Error {}

/**
 * `set.match` within the bounds; null where the text asks for states of more than `most` instructions in all that are not
 * there yet. What was made until then is kept.
 */
export function boundedMatch(set: RE2Set): (text: string, most: number) => number[] | null {
  const { dfa } = set as unknown as { dfa?: unknown };
  const known = limited(dfa, AUTOMATA.set) as SetDfa | null;
  let left = 0;
  if (known) {
    const step = known.step.bind(known);
    known.step = (from, ...given) => {
      left -= from.nfaStates.length;
      if (left < 0) throw new TooDear();
      return step(from, ...given);
    };
  }
  return (text, most) => {
    left = most;
    try {
      return accounted(known, () => set.match(text));
    } catch (error) {
      if (error instanceof TooDear) return null;
      throw error;
    }
  };
}
