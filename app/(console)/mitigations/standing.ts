import type { Stage } from '#lib/mitigations/plan';
import type { MitigationState } from '#lib/mitigations/states';

type Standing = { state: MitigationState; stage: Stage; mode: string; heldReason: string | null };

/** How far a rule is, as one word: its state, and of a live rule the stage that it is in. */
export function standing({ state, stage, mode, heldReason }: Standing): string {
  if (state !== 'live') return state;
  if (heldReason !== null) return 'held';
  if (mode === 'shadow') return 'shadow';
  return stage === 'full' ? 'live' : stage;
}
