import { CONTROL_SHARE_MAX } from '#lib/mitigations/gates';
import { shareInterval } from '#lib/quality/interval';

/** What a stage has seen, of those it acts on: hits and, about, decisions. */
export type Seen = { hits: number; decisions: number };
export type StageEvidence = Seen & {
  isEnough: boolean /** What is not known yet, a sentence. */;
  missing: string | null;
};

/**
 * With no hit in n decisions the rate lies below 3/n in 95 of 100 cases (the rule of three). Below the share of harmless
 * traffic that a rule may hit at all, a canary without hits has shown that it leaves the rest alone.
 */
export const QUIET_DECISIONS = Math.ceil(3 / CONTROL_SHARE_MAX);

/**
 * Whether a stage has shown enough to take the rule to everybody: it hit, and the 95 % bound of its rate lies below the
 * limit from which instances raise an alarm; or it was asked often enough without a hit. Time alone shows nothing.
 */
export function stageEvidence({ hits, decisions }: Seen, maxHitRate: number | null): StageEvidence {
  const limit = maxHitRate ?? 1;
  const seen = { hits, decisions };
  if (hits === 0) {
    if (decisions >= QUIET_DECISIONS) return { ...seen, isEnough: true, missing: null };
    const missing = `No hit in about ${decisions} decisions so far; ${QUIET_DECISIONS} without one would show that it leaves other traffic alone.`;
    return { ...seen, isEnough: false, missing };
  }
  const asked = Math.max(decisions, hits);
  const { high } = shareInterval(hits / asked, asked);
  if (high <= limit) return { ...seen, isEnough: true, missing: null };
  const percent = (share: number) => `${Math.ceil(share * 100)} %`;
  const missing = `It hit ${hits} of about ${asked} decisions: that may be up to ${percent(high)}, and at most ${percent(limit)} is expected. More decisions will tell.`;
  return { ...seen, isEnough: false, missing };
}
