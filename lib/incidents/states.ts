/** The life of an incident; the verb, the buttons and the documentation read this one table. */
export const INCIDENT_STATES = [
  'new',
  'triaging',
  'investigating',
  'mitigating',
  'monitoring',
  'resolved',
  'reviewing',
  'closed',
  'dismissed',
  'merged',
] as const;
export type IncidentState = (typeof INCIDENT_STATES)[number];

/** `step` is the way forward, `back` one step of it undone, `reopen` starts another episode, `unmerge` undoes a merge. */
type MoveKind = 'step' | 'back' | 'dismiss' | 'merge' | 'unmerge' | 'reopen';

export type Move = {
  from: IncidentState;
  to: IncidentState;
  kind: MoveKind;
  /** A verb for the button. */
  label: string;
  /** What the reason must say; absent where the move needs none by itself. */
  reason?: string;
};

const ROOT_CAUSE = 'the root cause';
const OPEN = ['new', 'triaging', 'investigating', 'mitigating', 'monitoring'] as const;
const ENDED = ['resolved', 'reviewing', 'closed', 'dismissed'] as const;

export const MOVES: readonly Move[] = [
  { from: 'new', to: 'triaging', kind: 'step', label: 'Start triage' },
  { from: 'triaging', to: 'investigating', kind: 'step', label: 'Start investigating' },
  { from: 'investigating', to: 'mitigating', kind: 'step', label: 'Start mitigating' },
  { from: 'mitigating', to: 'monitoring', kind: 'step', label: 'Start monitoring' },
  { from: 'monitoring', to: 'resolved', kind: 'step', label: 'Resolve' },
  { from: 'resolved', to: 'reviewing', kind: 'step', label: 'Start review' },
  { from: 'reviewing', to: 'closed', kind: 'step', label: 'Close', reason: ROOT_CAUSE },
  {
    from: 'monitoring',
    to: 'mitigating',
    kind: 'back',
    label: 'Back to mitigating',
    reason: 'why the mitigation does not hold',
  },
  ...OPEN.map(
    (from): Move => ({
      from,
      to: 'dismissed',
      kind: 'dismiss',
      label: 'Dismiss',
      reason: 'why it is no incident',
    }),
  ),
  ...OPEN.map((from): Move => ({ from, to: 'merged', kind: 'merge', label: 'Merge into another' })),
  ...OPEN.map(
    (to): Move => ({
      from: 'merged',
      to,
      kind: 'unmerge',
      label: 'Undo the merge',
      reason: 'why the merge was wrong',
    }),
  ),
  ...ENDED.map(
    (from): Move => ({
      from,
      to: 'investigating',
      kind: 'reopen',
      label: 'Reopen',
      reason: 'why it is open again',
    }),
  ),
];

/** States in which nobody has to do anything any more. */
export const FINAL_STATES = ['closed', 'dismissed', 'merged'] as const satisfies readonly IncidentState[];

/** The move between two states, or undefined when the table has none. */
export function moveBetween(from: string, to: string): Move | undefined {
  return MOVES.find((move) => move.from === from && move.to === to);
}

/** Every move out of a state, the way forward first; a merge is undone only into the state before it. */
export function movesFrom(state: string, { beforeMerge }: Pick<IncidentFacts, 'beforeMerge'>): Move[] {
  return MOVES.filter((move) => move.from === state && (move.kind !== 'unmerge' || move.to === beforeMerge));
}

/** What the guards need to know; read in the transaction of the move. */
export type IncidentFacts = {
  hasCommander: boolean;
  /** Rules of this incident that are live and not past their end. */
  liveRules: number;
  /** Of those, rules that at least one instance enforces: lib/fleet/enforcing.ts. */
  enforcedRules: number;
  /** The state it was in when it was merged; null unless it is merged. */
  beforeMerge: IncidentState | null;
};

export type Requirement = {
  /** As the end of "it needs …", for who is refused. */
  text: string;
  /** As it stands beside the tick: what is there, or what to do. */
  words: string;
  met: boolean;
  /** A typed reason stands in for it. */
  orReason: boolean;
};

/** What a move needs, each with its tick: the page lists them, the verb refuses while one is missing. */
export function requirements(move: Move, facts: IncidentFacts, reason = '', mergeInto = ''): Requirement[] {
  const said = reason.trim() !== '';
  const needs: Requirement[] = [];
  const need = (text: string, met: boolean, [done, todo]: [string, string]) =>
    needs.push({ text, words: met ? done : todo, met, orReason: false });
  const needOrReason = (text: string, met: boolean, [done, todo]: [string, string]) => {
    const words = met ? done : said ? 'Your reason goes into the history instead' : todo;
    needs.push({ text, words, met: met || said, orReason: true });
  };
  const noneLive = facts.liveRules === 0;
  const live = facts.liveRules === 1 ? '1 rule is still live' : `${facts.liveRules} rules are still live`;

  const undone = move.kind === 'unmerge';
  if (undone && move.to !== facts.beforeMerge) {
    const before = `the state it had before the merge: ${facts.beforeMerge}`;
    need(before, false, ['', `It goes back to ${before}`]);
  }
  if (!undone && move.to === 'mitigating')
    need('a commander', facts.hasCommander, ['It has a commander', 'Name a commander']);
  if (!undone && move.to === 'monitoring') {
    needOrReason('a live rule that is enforced, or a reason why no rule is needed', facts.enforcedRules > 0, [
      'A live rule is enforced',
      'No live rule is enforced. Publish one, or say why none is needed',
    ]);
  }
  if (move.to === 'resolved') {
    needOrReason('no live rules, or a reason that accepts them staying until they end', noneLive, [
      'No rule is live',
      `${live}. Withdraw, or say why it may run until its end`,
    ]);
  }
  if (move.kind === 'dismiss')
    need('no live rules: withdraw them first', noneLive, ['No rule is live', `${live}. Withdraw first`]);
  if (move.kind === 'merge') {
    need('the incident it is merged into', mergeInto.trim() !== '', [
      'The incident to merge into is named',
      'Name the incident to merge into',
    ]);
  }
  if (move.reason) {
    const asked = move.reason.startsWith('why') ? `Say ${move.reason}` : `Name ${move.reason}`;
    need(`a reason: ${move.reason}`, said, ['A reason is given', asked]);
  }
  return needs;
}

/** What is still missing, as phrases; empty when the move may go ahead. */
export function missing(move: Move, facts: IncidentFacts, reason?: string, mergeInto?: string): string[] {
  return requirements(move, facts, reason, mergeInto).flatMap((need) => (need.met ? [] : [need.text]));
}
