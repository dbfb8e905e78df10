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
    typeof value.clearCache === 'function'
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

/** `set.match` within the bounds. */
export function boundedMatch(set: RE2Set): (text: string) => number[] {
  const known = limited((set as unknown as { dfa?: unknown }).dfa, AUTOMATA.set);
  return (text) => accounted(known, () => set.match(text));
}
