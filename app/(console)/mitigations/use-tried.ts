import { useDeferredValue, useEffect, useMemo, useState } from 'react';
import type { RuleDraft } from '#lib/mitigations/schema';
import type { ComposerExample } from './rule-form.ts';
import { compiled, type Tried, triedOn } from './trying.ts';

/** Longer lists of packages are tried beside the page, and one way of looking at a time. */
export const LONG_LIST = 1_000;

export type TriedView = Tried & {
  /** The hits and the fold are of the draft as it is now, not of the one before. */
  current: boolean;
};

const NOTHING: Tried = { problem: undefined, hits: [], fold: null };
const BROKEN: Tried = {
  ...NOTHING,
  problem: 'This browser could not try the list. Split it over several rules.',
};

/** What the draft does to the examples. What is wrong with it is known at once, but for a long list. */
export function useTried(draft: RuleDraft | null, examples: ComposerExample[]): TriedView {
  const isLong = draft?.matcher.kind === 'imports' && draft.matcher.packages.length > LONG_LIST;
  const short = useMemo(() => (draft === null || isLong ? null : compiled(draft)), [draft, isLong]);
  const deferred = useDeferredValue(short);
  const tried = useMemo(
    () => (deferred === null ? NOTHING : triedOn(deferred, examples)),
    [deferred, examples],
  );
  const long = useTriedBeside(isLong ? draft : null, examples);
  if (isLong) return long;
  const problem = short && 'problem' in short ? short.problem : undefined;
  return { ...tried, problem, current: deferred === short };
}

function useTriedBeside(draft: RuleDraft | null, examples: ComposerExample[]): TriedView {
  const [last, setLast] = useState<{ draft: RuleDraft | null; tried: Tried }>({
    draft: null,
    tried: NOTHING,
  });
  useEffect(() => {
    if (draft === null) return;
    const worker = new Worker(new URL('./trying-worker.ts', import.meta.url), { type: 'module' });
    worker.addEventListener('message', ({ data }: MessageEvent<Tried>) => setLast({ draft, tried: data }));
    worker.addEventListener('error', () => setLast({ draft, tried: BROKEN }));
    worker.postMessage({ draft, examples });
    return () => worker.terminate();
  }, [draft, examples]);
  const current = last.draft === draft;
  return { ...last.tried, problem: current ? last.tried.problem : undefined, current };
}
