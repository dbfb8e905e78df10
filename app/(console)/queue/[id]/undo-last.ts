import { attempt } from '#components/attempt';
import { refusedWords, takenBackWords } from '../act-words.ts';
import { claimAction } from '../actions.ts';
import { lastToUndo, type Outbox, type OutgoingAct } from '../outbox.ts';
import type { Work } from '../work.ts';

type Undone =
  /** `wishId` is what the server is still to be asked, null where nothing is. */
  | { kind: 'back'; act: OutgoingAct; work: Work; wishId: string | null; message: string }
  | { kind: 'nothing'; message: string };

// The bar counts in whole seconds: what it still shows can still be pressed.
const GRACE_MS = 1_500;

/**
 * Takes back what was done last, or opens what was refused again; answers the item with what was said about it. What
 * this tab still has of it is there at once, whatever the server will say.
 */
export async function undoLast(outbox: Outbox): Promise<Undone> {
  const act = lastToUndo(outbox.read().outgoing, Date.now() - GRACE_MS);
  if (!act) return { kind: 'nothing', message: 'There is nothing left that could be taken back.' };
  if (act.state === 'refused') {
    const opened = await openAgain(act, 'Open again.');
    outbox.dismiss(act.id);
    return opened.kind === 'back' ? opened : { ...opened, message: `${refusedWords(act)} ${opened.message}` };
  }
  const work = outbox.workOf(act.id);
  const wishId = await outbox.takeBack(act.id);
  const message = takenBackWords(act, wishId !== null);
  if (work) return { kind: 'back', act, work, wishId, message };
  // Done before this page was loaded: the item comes from the server.
  const wish = wishId === null ? undefined : await outbox.tried(wishId);
  if (wish?.state === 'waiting')
    return { kind: 'nothing', message: 'It is taken back as soon as Stopgap answers.' };
  if (wish?.state === 'refused') return { kind: 'nothing', message: refusedWords(wish) };
  return openAgain(act, message);
}

async function openAgain(act: OutgoingAct, message: string): Promise<Undone> {
  const opened = await attempt(claimAction({ interactionId: act.body.interactionId }));
  if (!opened.ok) return { kind: 'nothing', message: opened.message };
  return { kind: 'back', act, work: opened.data, wishId: null, message };
}
