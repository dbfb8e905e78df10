/** The life of a mitigation; the verbs, the buttons and the documentation read this one table. */
export const MITIGATION_STATES = ['draft', 'approved', 'live', 'withdrawn', 'expired'] as const;
export type MitigationState = (typeof MITIGATION_STATES)[number];

export const MITIGATION_ACTS = [
  'edit',
  'approve',
  'publish',
  'breakGlass',
  'ratify',
  'advance',
  'hold',
  'resume',
  'withdraw',
  'expire',
  'restore',
] as const;
export type MitigationAct = (typeof MITIGATION_ACTS)[number];

type Transition = { from: readonly MitigationState[]; to: MitigationState };

export const TRANSITIONS: Record<MitigationAct, Transition> = {
  /** A new version, which nobody has approved yet. */
  edit: { from: ['draft', 'approved'], to: 'draft' },
  /** From approved where nobody knows who wrote it: that takes two. */
  approve: { from: ['draft', 'approved'], to: 'approved' },
  /** From a draft only where its measured risk needs nobody else. */
  publish: { from: ['draft', 'approved'], to: 'live' },
  /** Without an approval: a typed reason and at most an hour. */
  breakGlass: { from: ['draft'], to: 'live' },
  /** The second person, after the fact: a rule that broke glass may live out its hour. */
  ratify: { from: ['live'], to: 'live' },
  /** To the next stage of its plan, and whether it goes there by itself. */
  advance: { from: ['live'], to: 'live' },
  hold: { from: ['live'], to: 'live' },
  resume: { from: ['live'], to: 'live' },
  /** Of a live rule: the next snapshot goes out without it. Of a draft: it is dropped. */
  withdraw: { from: ['draft', 'approved', 'live'], to: 'withdrawn' },
  expire: { from: ['live'], to: 'expired' },
  /** By going back to an earlier ruleset that held it, while its own time is not over. */
  restore: { from: ['withdrawn', 'expired'], to: 'live' },
};

export function isMitigationState(text: string): text is MitigationState {
  return MITIGATION_STATES.some((state) => state === text);
}

/** Whether the table allows the act from this state. */
export function allows(act: MitigationAct, state: string): boolean {
  return TRANSITIONS[act].from.some((from) => from === state);
}
