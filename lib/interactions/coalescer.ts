type Waiting<Call, Answer> = {
  call: Call;
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
};

type CoalescerOptions<Call, Answer> = {
  /** Runs at one time, each of another group. */
  parallel: number;
  /** Only calls of one group share a run, and a group has one run at a time. */
  groupOf(call: Call): string;
  sizeOf(call: Call): number;
  /** The most that one run carries; one call alone may be larger. */
  maxSize: number;
  /** One answer that serves every call of the run. */
  run(calls: Call[]): Promise<Answer>;
};

/**
 * Lets calls that arrive while others run go together, so that a thousand small posts cost tens of transactions. A
 * call that finds none of its group running starts at once: nothing ever waits for company. While one runs, all that
 * come gather for the next: two runs of one group would carry half each and cost twice. Groups take turns. When a
 * shared run fails, each of its calls runs by itself, so that one bad call is answered alone.
 */
export function createCoalescer<Call, Answer>(
  options: CoalescerOptions<Call, Answer>,
): (call: Call) => Promise<Answer> {
  const groups = new Map<string, Waiting<Call, Answer>[]>();
  const running = new Set<string>();

  const takeNext = (name: string, waiting: Waiting<Call, Answer>[]): Waiting<Call, Answer>[] => {
    let size = 0;
    let count = 0;
    for (const { call } of waiting) {
      size += options.sizeOf(call);
      if (count > 0 && size > options.maxSize) break;
      count += 1;
    }
    // To the end of the line with what is left of the group.
    groups.delete(name);
    if (count < waiting.length) groups.set(name, waiting.slice(count));
    return waiting.slice(0, count);
  };

  const runAlone = async ({ call, resolve, reject }: Waiting<Call, Answer>) =>
    options.run([call]).then(resolve, reject);

  const runTogether = async (taken: Waiting<Call, Answer>[]) => {
    const [only] = taken;
    if (only && taken.length === 1) return runAlone(only);
    try {
      const answer = await options.run(taken.map(({ call }) => call));
      for (const { resolve } of taken) resolve(answer);
    } catch {
      for (const each of taken) await runAlone(each);
    }
  };

  const start = () => {
    for (const [name, waiting] of groups) {
      if (running.size >= options.parallel) return;
      if (running.has(name)) continue;
      running.add(name);
      void runTogether(takeNext(name, waiting)).finally(() => {
        running.delete(name);
        start();
      });
    }
  };

  return (call) =>
    new Promise((resolve, reject) => {
      const name = options.groupOf(call);
      const waiting = groups.get(name);
      if (waiting) waiting.push({ call, resolve, reject });
      else groups.set(name, [{ call, resolve, reject }]);
      start();
    });
}
