import { visibleText } from '#components/diff/visible-text';
import type { Outgoing, OutgoingAct } from './outbox.ts';

/** "Decided benign · Injection: SQL built by concatenation", or what else was done with an item. */
export function actWords(act: OutgoingAct): string {
  switch (act.kind) {
    case 'decide':
      return `Decided ${verdictOf(act)}: ${titleOf(act)}`;
    case 'skip':
      return `Skipped${act.answer?.raised ? ' and raised to a lead' : ', hidden for you only'}: ${titleOf(act)}`;
    case 'hold':
      return `Held for ${act.body.minutes} minutes, under “held by me”: ${titleOf(act)}`;
    case 'handover':
      return `Handed to ${act.detail ?? 'somebody else'}: ${titleOf(act)}`;
  }
}

const UNDONE = { skip: 'Not skipped', hold: 'Not held', handover: 'Not handed over' };

/** Why something was refused, with what was typed, since it has no other place by now. */
export function refusedWords(one: Outgoing): string {
  const why = `${titleOf(one)}. ${one.message ?? ''}`;
  if (one.kind === 'take-back') return `Not taken back: ${why}`;
  const what = one.kind === 'decide' ? `Not decided ${verdictOf(one)}` : UNDONE[one.kind];
  const typed = one.kind === 'hold' ? one.body.reason : one.body.note;
  return `${what}: ${why}${typed ? ` You wrote: ${typed}` : ''}`;
}

/** "Taken back: it was benign." `wasSent` is false for what never left this browser. */
export function takenBackWords(act: OutgoingAct, wasSent: boolean): string {
  return wasSent
    ? `Taken back: it was ${pastOf(act)}.`
    : `Taken back; it was never sent. It was ${pastOf(act)}.`;
}

function pastOf(act: OutgoingAct): string {
  switch (act.kind) {
    case 'decide':
      return verdictOf(act);
    case 'skip':
      return 'skipped';
    case 'hold':
      return 'held';
    case 'handover':
      return `handed to ${act.detail ?? 'somebody else'}`;
  }
}

function verdictOf({ body, detail }: Extract<OutgoingAct, { kind: 'decide' }>): string {
  return `${body.verdict}${detail ? ` · ${detail}` : ''}`;
}

const TITLE = 60;

function titleOf({ title }: Outgoing): string {
  const text = visibleText(title).text;
  return text.length > TITLE ? `${text.slice(0, TITLE)}…` : text;
}
