/** Where a key means something: on every page, in the workbench, on an item's own page, in the queue's list. */
type ActScope = 'everywhere' | 'workbench' | 'item' | 'list' | 'code';
export type Act = { id: string; keys: string; label: string; group: string; scope: ActScope };

/** Act → keys, only where a person changed them. */
export type Keymap = Record<string, string>;

/** Digits reach this many policies; the others have buttons. */
export const POLICY_KEYS = 9;

const digits = Array.from({ length: POLICY_KEYS }, (_, index) => index + 1);

function acts(scope: ActScope, group: string, rows: [id: string, keys: string, label: string][]): Act[] {
  return rows.map(([id, keys, label]) => ({ id, keys, label, group, scope }));
}

/** Every act that has a key of its own, with its standard key. */
export const ACTS: readonly Act[] = [
  ...acts('workbench', 'Decide', [
    ['review.harmful', 'h', 'Harmful, then a policy'],
    ['review.benign', 'b', 'Benign, and on to the next'],
    ['review.unsure', 'u', 'Unsure, and on to the next'],
    ['review.note', 'n', 'Write a note'],
    ['review.undo', 'z', 'Undo the last thing you did'],
    ['review.same', 'a', 'The same for the rest of its cluster, after a look'],
  ]),
  ...acts(
    'workbench',
    'Policies',
    digits.flatMap((digit): [string, string, string][] => [
      [`policy.${digit}`, String(digit), `Policy ${digit}`],
      [`policy.${digit}.harmful`, `Shift+${digit}`, `Harmful under policy ${digit}, and on`],
    ]),
  ),
  ...acts('workbench', 'Set aside', [
    ['review.skip', 's', 'Skip, with a reason'],
    ['review.hold', 'w', 'Hold for a while'],
    ['review.handover', 'o', 'Hand over to a person'],
    ['review.escalate', 'e', 'Escalate to an incident'],
    ['review.mitigate', 'm', 'Draft a rule that stops it'],
    ['review.similar', 'f', 'Find similar'],
    ['review.cluster', 'C', 'Open its cluster'],
    ['review.reveal', 'x', 'Reveal masked secrets'],
  ]),
  ...acts('code', 'Code', [
    ['code.nextHunk', ']', 'Next change'],
    ['code.previousHunk', '[', 'Previous change'],
    ['code.nextFinding', '.', 'Next finding'],
    ['code.previousFinding', ',', 'Previous finding'],
    ['code.layout', 'v', 'Split or unified'],
    ['code.insert', 'i', 'The suggestion where it goes in'],
    ['code.context', 'd', 'All unchanged lines, or only those near changes'],
    ['code.copy', 'y', 'Copy the suggestion as text'],
    ['code.prompt', 'p', 'Open or close the prompt'],
  ]),
  ...acts('workbench', 'List', [
    ['list.down', 'j', 'Down the list'],
    ['list.up', 'k', 'Up the list'],
    ['list.open', 'Enter', 'Open what is marked in the list, or go on'],
    ['list.hide', 'l', 'Show or hide the list'],
  ]),
  ...acts('item', 'Interaction', [['review.reopen', 'r', 'Reopen a decision, with a reason']]),
  ...acts('list', 'Queue', [
    ['queue.start', 'r', 'Start reviewing'],
    ['queue.save', 'S', 'Save these filters'],
    ['queue.views', 'V', 'Open saved filters'],
    ['queue.bulk', 'B', 'Decide all that match'],
  ]),
];

const STANDARD = new Map(ACTS.map((act) => [act.id, act]));

/** The keys of an act as this person has them; empty for an act that is not known. */
export function keysOf(keymap: Keymap, id: string): string {
  return keymap[id] ?? STANDARD.get(id)?.keys ?? '';
}

/** Acts that would answer to the same keys on one page: id → what it collides with. */
export function conflictsOf(keymap: Keymap, others: readonly Act[] = []): Map<string, string[]> {
  const all = [...ACTS.map((act) => ({ ...act, keys: keysOf(keymap, act.id) })), ...others];
  const found = new Map<string, string[]>();
  for (const one of all) {
    const clashes = all.filter(
      (other) => other !== one && meets(one, other) && collides(one.keys, other.keys),
    );
    if (clashes.length > 0) {
      found.set(
        one.id,
        clashes.map(({ label }) => label),
      );
    }
  }
  return found;
}

/** The map without what is standard anyway, so that a later standard reaches people who never changed it. */
export function changed(keymap: Keymap): Keymap {
  return Object.fromEntries(
    Object.entries(keymap).filter(([id, keys]) => {
      const act = STANDARD.get(id);
      return act !== undefined && act.keys !== keys;
    }),
  );
}

// The queue's list, the workbench and an item's own page are three pages; code is shown on the last two.
function meets(one: Act, other: Act): boolean {
  const [a, b] = [one.scope, other.scope];
  if (a === b || a === 'everywhere' || b === 'everywhere') return true;
  return a === 'code' ? b !== 'list' : b === 'code' && a !== 'list';
}

// A key that also begins a sequence would wait a second before it acts.
function collides(one: string, other: string): boolean {
  return one === other || one.startsWith(`${other} `) || other.startsWith(`${one} `);
}
