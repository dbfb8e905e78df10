import { AppError } from '#lib/errors';
import type { RuleDraft } from '#lib/mitigations/schema';
import { canFold, type StrongerFold, strongerFold } from '#lib/mitigations/stronger-fold';
import { compileTrial, type Trial } from '#lib/mitigations/trial';
import type { Hit } from '#sdk/engine';
import type { ComposerExample } from './rule-form.ts';

/** What a draft does to the examples it is written from. */
export type Tried = {
  /** Why it cannot run. */
  problem: string | undefined;
  /** The first hit in each example, in their order. */
  hits: (Hit | undefined)[];
  /** What phrases would catch of the examples that the draft misses. */
  fold: StrongerFold | null;
};

export type Compiled = { draft: RuleDraft } & ({ trial: Trial } | { problem: string });

/** The draft as instances would compile it, or why it cannot be. */
export function compiled(draft: RuleDraft): Compiled {
  try {
    return { draft, trial: compileTrial(draft) };
  } catch (error) {
    const [said] = error instanceof AppError ? Object.values(error.fields ?? {}) : [];
    return { draft, problem: said ?? (error instanceof Error ? error.message : String(error)) };
  }
}

/** Runs what was compiled over the examples. */
export function triedOn(result: Compiled, examples: readonly ComposerExample[]): Tried {
  if ('problem' in result) return { problem: result.problem, hits: [], fold: null };
  const { draft, trial } = result;
  return {
    problem: undefined,
    hits: examples.map((example) => trial.spans(example)[0]),
    fold: canFold(draft.matcher) ? strongerFold(draft, examples) : null,
  };
}
