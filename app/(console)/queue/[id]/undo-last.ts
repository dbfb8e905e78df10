import { attempt } from '#components/attempt';
import { visibleText } from '#components/diff/visible-text';
import type { Decide } from '#lib/reviews/schema';
import { claimAction, undoAction } from '../actions.ts';
import { lastToUndo, type Outbox, type Outgoing } from '../outbox.ts';
import type { Work } from '../work.ts';

type Undone =
  | { kind: 'back'; work: Work; decision: Decide; message: string }
  | { kind: 'nothing'; message: string };

// The bar counts in whole seconds: what it still shows can still be pressed.
const GRACE_MS = 1_500;

/** Takes the last decision back, or opens a refused one again; answers the item with what was said about it. */
export async function undoLast(outbox: Outbox): Promise<Undone> {
  const last = lastToUndo(outbox.read().outgoing, Date.now() - GRACE_MS);
  if (!last) return { kind: 'nothing', message: 'There is no decision left that could be taken back.' };
  const settled = await outbox.settled(last.id);
  if (!settled) return { kind: 'nothing', message: 'It was taken back already.' };
  // One that never arrived is only forgotten; its claim is still there.
  const opened = settled.reviewId
    ? await attempt(undoAction({ reviewId: settled.reviewId }))
    : await attempt(claimAction({ interactionId: settled.decision.interactionId }));
  if (!opened.ok) {
    if (settled.state === 'refused') outbox.remove(settled.id);
    return {
      kind: 'nothing',
      message: settled.state === 'refused' ? keptWords(settled, opened.message) : opened.message,
    };
  }
  outbox.remove(settled.id);
  const what = settled.state === 'refused' ? 'Open again' : 'Taken back';
  return {
    kind: 'back',
    work: opened.data,
    decision: settled.decision,
    message: `${what}: it was ${settled.decision.verdict}${settled.policyTitle ? ` · ${settled.policyTitle}` : ''}.`,
  };
}

// Somebody else has the item: what was typed is shown once more, since it has no place any more.
function keptWords({ decision, work }: Outgoing, why: string): string {
  const about = `“${visibleText(work.item.title).text.slice(0, 60)}”: ${why}`;
  return decision.note ? `${about} Your note was: ${decision.note}` : about;
}
