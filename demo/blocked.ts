const SAY_EVERY_MS = 10_000;

/** Counts blocked completions per rule and tells of them, a few seconds' worth in one line. */
export function createBlockCounter(say: (line: string) => void) {
  const totals = new Map<string, number>();
  let fresh = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;

  const tell = () => {
    timer = undefined;
    for (const [ref, count] of fresh) {
      const what = count === 1 ? 'a completion was' : `${count} completions were`;
      say(`${what} blocked by ${ref} (${totals.get(ref)} so far)`);
    }
    fresh = new Map();
  };

  return {
    count(refs: string[]): void {
      for (const ref of refs) {
        totals.set(ref, (totals.get(ref) ?? 0) + 1);
        fresh.set(ref, (fresh.get(ref) ?? 0) + 1);
      }
      if (refs.length === 0 || timer) return;
      timer = setTimeout(tell, SAY_EVERY_MS);
      timer.unref();
    },
  };
}
