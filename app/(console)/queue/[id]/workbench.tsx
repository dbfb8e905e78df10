'use client';

import { useLocalStorage } from '@mantine/hooks';
import { useRouter } from 'next/navigation';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { attempt } from '#components/attempt';
import { useLive } from '#components/shell/live';
import type { Live } from '#lib/live/schema';
import type { ListQueue, Verdict } from '#lib/reviews/schema';
import type { ReviewSettings } from '#lib/settings/schema';
import type { Reviewer } from '#lib/users/queries';
import { refusedWords } from '../act-words.ts';
import { claimAction } from '../actions.ts';
import { claimFilters, queryOf } from '../filters.ts';
import { type Act, firstRefused, lastToUndo, standing } from '../outbox.ts';
import { useOutbox } from '../use-outbox.tsx';
import type { ShownItem, Work } from '../work.ts';
import { BarLine, restOf } from './bar-line.tsx';
import { DecisionBar } from './decision-bar.tsx';
import { Disagreement } from './disagreement.tsx';
import { EscalatePanel } from './escalate-panel.tsx';
import { LeaseClock } from './lease-clock.tsx';
import { NoItem } from './no-item.tsx';
import { PolicyChoice } from './policy-choice.tsx';
import { type BarPolicy, missingFor } from './requirements.ts';
import { whyNot } from './session.ts';
import { SetAside } from './set-aside.tsx';
import { type ListRow, rowOf, SideList, useListRows } from './side-list.tsx';
import { SimilarDrawer } from './similar-drawer.tsx';
import { undoLast } from './undo-last.ts';
import { useSession } from './use-session.ts';
import { useWorkKeys } from './use-work-keys.ts';
import { WorkPane } from './work-pane.tsx';
import classes from './workbench.module.css';

type WorkRules = Pick<ReviewSettings, 'policyRequiredFor' | 'noteRequiredFor' | 'holdMaxMinutes'>;

type WorkbenchProps = {
  first: ShownItem;
  policies: BarPolicy[];
  filters: ListQueue;
  rules: WorkRules;
  rows: ListRow[];
  /** Everybody else to whom an item may be handed. */
  others: Reviewer[];
  self: { mayReveal: boolean; mayDraft: boolean };
};

/** What the person is in the middle of saying about the item on the screen. */
type Draft = { armed: { verdict: Verdict; wants: 'policy' | 'note' } | null; policyId: string | null };

const BLANK: Draft = { armed: null, policyId: null };

/** One item at a time: read, decide by key, and the next is already there. */
export function Workbench({
  first,
  policies,
  filters,
  rules,
  rows: firstRows,
  others,
  self,
}: WorkbenchProps) {
  const router = useRouter();
  const query = useMemo(() => queryOf({ ...filters, cursor: undefined }), [filters]);
  const narrowed = useMemo(() => claimFilters(filters), [filters]);
  const { outbox, outgoing, tally } = useOutbox();
  const { session, dispatch, claim, stay, goPast } = useSession(first, narrowed, outbox);
  const live = useLive();
  const [draft, setDraft] = useState<Draft>(BLANK);
  const [panel, setPanel] = useState<'policy' | 'escalate' | 'similar' | 'skip' | 'hold' | 'handover' | null>(
    null,
  );
  const [said, setSaid] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [cursor, setCursor] = useState<number | null>(null);
  const [listShown, setListShown] = useLocalStorage({ key: 'queue-list', defaultValue: true });
  const note = useRef<HTMLInputElement>(null);
  const returned = useRef('');
  const { current, next } = session;
  const item = current.kind === 'item' ? current.item : null;
  const why = busy ? 'One moment: Stopgap has not answered yet.' : whyNot(session);
  const ready = why === null;
  const done = new Set(
    standing(outgoing).flatMap(({ kind, body }) => (kind === 'decide' ? [body.interactionId] : [])),
  );
  const undone = outgoing.filter(({ state }) => state === 'taken back').length;
  const waiting = useListRows(firstRows, query, undone).filter(({ id }) => !done.has(id) || id === item?.id);
  const missing =
    item &&
    outgoing.some(({ body }) => body.interactionId === item.id) &&
    !waiting.some(({ id }) => id === item.id);
  const rows = missing ? [rowOf(item), ...waiting] : waiting;

  const onPainted = useCallback(
    (id: string) => {
      dispatch({ type: 'painted', id, now: Date.now() });
      // After the paint: the address is for reloading and sharing, nobody waits for it.
      window.history.replaceState(null, '', `/queue/${id}${query}`);
    },
    [dispatch, query],
  );

  // What was begun on one item never reaches the next one.
  const clear = useCallback(() => {
    setDraft(BLANK);
    setPanel(null);
    setCursor(null);
    returned.current = '';
    if (note.current) note.current.value = '';
  }, []);

  const advance = useCallback(() => {
    clear();
    dispatch({ type: 'advance', now: Date.now() });
    window.scrollTo({ top: 0, behavior: 'instant' });
  }, [clear, dispatch]);

  function decide(verdict: Verdict, policy: BarPolicy | undefined) {
    if (!ready || current.kind !== 'item' || !current.claim || current.shownAt === null) return;
    const text = note.current?.value.trim() ?? '';
    const wants = missingFor(rules, verdict, policy, text);
    if (wants) {
      setSaid(null);
      const same = draft.armed?.verdict === verdict && draft.armed.wants === wants && wants === 'policy';
      setDraft({ armed: same ? null : { verdict, wants }, policyId: policy?.id ?? null });
      if (wants === 'note') note.current?.focus();
      return;
    }
    const { interactionId, token } = current.claim;
    act(
      {
        kind: 'decide',
        body: {
          interactionId,
          token,
          verdict,
          policyId: policy?.id ?? null,
          note: text || null,
          timeSpentMs: Math.min(86_400_000, Math.max(0, Date.now() - current.shownAt)),
        },
      },
      policy?.title ?? null,
    );
  }

  /** Whatever is done with an item is on its way from here, and the next one is on the screen. */
  function act(given: Act, detail: string | null) {
    if (current.kind !== 'item' || !current.claim) return;
    const { item, claim } = current;
    outbox.add({ ...given, title: item.title, detail }, { item, claim });
    setSaid(null);
    advance();
  }

  const chosen = policies.find(({ id }) => id === draft.policyId);
  const acts = {
    verdict: (verdict: Verdict) => decide(verdict, chosen),
    // A verdict and a policy decide together, in whichever order they come.
    pick(policy: BarPolicy) {
      if (draft.armed) return decide(draft.armed.verdict, policy);
      if (ready) setDraft({ armed: null, policyId: draft.policyId === policy.id ? null : policy.id });
    },
    harmful: (policy: BarPolicy) => decide('harmful', policy),
    noteDone: () => draft.armed?.wants === 'note' && decide(draft.armed.verdict, chosen),
    note: () => note.current?.focus(),
    cite: () => ready && setPanel('policy'),
    skip: () => ready && setPanel('skip'),
    hold: () => ready && setPanel('hold'),
    handOver: () => ready && setPanel('handover'),
    similar: () => item && setPanel('similar'),
    cluster: () => item?.cluster && window.open(`/clusters/${item.cluster.ref}`, '_blank'),
    escalate: () => item && setPanel('escalate'),
    mitigate() {
      if (!item || keepsNote()) return;
      if (!self.mayDraft) return setSaid('Leads and commanders write rules; escalate it to them.');
      router.push(`/mitigations/new?interaction=${item.id}`);
    },
    async undo() {
      // A note that came back with an act goes with it; one that is new is kept.
      if (busy || (note.current?.value !== returned.current && keepsNote())) return;
      setBusy(true);
      const back = await undoLast(outbox);
      setBusy(false);
      if (back.kind === 'nothing') return setSaid(back.message);
      bringBack(back.work, back.act);
      setSaid(back.message);
      if (back.wishId === null) return stay(back.work.claim);
      hear(back.wishId, back.work);
    },
    /** The verdict just given, for what else of its cluster waits: on the page that shows in what they differ. */
    same() {
      const last = lastToUndo(outgoing, Date.now());
      const href = restOf(last, last && outbox.workOf(last.id))?.href;
      if (!href) return setSaid('Decide one of a cluster first; then this offers the rest of it.');
      if (!keepsNote()) router.push(href);
    },
    async open(id: string) {
      if (busy || id === item?.id || keepsNote()) return;
      setBusy(true);
      const answer = await attempt(claimAction({ interactionId: id }));
      setBusy(false);
      if (!answer.ok) return setSaid(answer.message);
      clear();
      setSaid(null);
      dispatch({ type: 'opened', work: answer.data, now: Date.now() });
    },
    go() {
      const marked = cursor === null ? undefined : rows[cursor];
      if (current.kind === 'break') return goPast(current.consecutive);
      if (current.kind === 'failed' || current.kind === 'empty') return dispatch({ type: 'look again' });
      if (current.kind === 'item' && current.lost) {
        return current.lost.takeable ? claim(current.item.id) : advance();
      }
      if (marked) acts.open(marked.id);
    },
    move: (step: 1 | -1) =>
      setCursor((at) => Math.min(rows.length - 1, Math.max(0, at === null ? 0 : at + step))),
    hideList: () => setListShown(!listShown),
    // A refusal that was read goes the same way.
    disarm() {
      setDraft(BLANK);
      setPanel(null);
      const refused = firstRefused(outgoing);
      if (refused) outbox.dismiss(refused.id);
    },
  };

  function bringBack(work: Work, { kind, body }: Act) {
    clear();
    dispatch({ type: 'returned', work, now: Date.now() });
    if (kind !== 'decide') return;
    const { verdict, policyId, note: text } = body;
    setDraft({
      armed: verdict === 'harmful' && !policyId ? { verdict, wants: 'policy' } : null,
      policyId: policyId ?? null,
    });
    returned.current = text ?? '';
    if (note.current) note.current.value = returned.current;
  }

  // What was escalated is harmful to whoever did: one digit names the policy, and the next item comes.
  function escalated(ref: string, isOpen: boolean) {
    if (!isOpen) return setSaid(`${ref} is declared.`);
    setPanel(null);
    setSaid(`${ref} is declared with this item.`);
    if (ready && missingFor(rules, 'harmful', chosen, '') === 'policy')
      setDraft({ armed: { verdict: 'harmful', wants: 'policy' }, policyId: null });
  }

  /** What the server says to a wish to take something back, when it comes; the item is on the screen already. */
  async function hear(wishId: string, { claim: { token } }: Work) {
    const wish = await outbox.finished(wishId);
    if (wish?.state === 'refused') {
      outbox.dismiss(wishId);
      dispatch({ type: 'lost', token, message: refusedWords(wish) });
    } else if (wish?.answer?.seconds != null) {
      dispatch({ type: 'stayed', token, deadline: Date.now() + wish.answer.seconds * 1_000 });
    } else if (wish?.answer) {
      dispatch({ type: 'lost', token, message: `Taken back. ${wish.answer.message ?? ''}` });
    }
  }

  // The note belongs to a decision; leaving would drop what was typed.
  function keepsNote(): boolean {
    if (!note.current?.value.trim()) return false;
    setSaid('Decide, or clear the note first.');
    note.current.focus();
    return true;
  }

  useWorkKeys(acts, policies);
  useLookAgain(current.kind === 'empty' || current.kind === 'failed', () => dispatch({ type: 'look again' }));

  const panes = [
    ...(item ? [{ item, active: true }] : []),
    ...(next.kind === 'ready' ? [{ item: next.slot.item, active: false }] : []),
  ];
  return (
    <div className={classes.page} data-list={listShown || undefined} data-reading>
      <div className={classes.head}>
        <span>
          {item ? item.queue.name : 'Queue'}
          {item &&
            item.stage !== 'review' &&
            ` · ${item.stage === 'lead' ? 'raised to leads' : 'adjudication'}`}
        </span>
        <LeaseClock current={current} />
      </div>
      <div className={classes.columns}>
        {listShown && (
          <SideList rows={rows} currentId={item?.id ?? null} cursor={cursor} onOpen={acts.open} />
        )}
        <div className={classes.stage}>
          {current.kind !== 'item' && <NoItem current={current} onGoOn={acts.go} query={query} />}
          {panes.map((pane) => (
            <WorkPane
              key={pane.item.id}
              item={pane.item}
              active={pane.active}
              mayReveal={self.mayReveal}
              onPainted={onPainted}
            />
          ))}
        </div>
      </div>
      <DecisionBar
        armed={draft.armed?.verdict ?? null}
        why={why}
        note={note}
        acts={acts}
        panels={
          <>
            {panel === 'escalate' && item && (
              <EscalatePanel
                key={item.id}
                interactionId={item.id}
                suggestion={item.title.split('\n')[0]?.trim().slice(0, 120) ?? ''}
                onDeclared={escalated}
                onClose={() => setPanel(null)}
              />
            )}
            {isAside(panel) && current.kind === 'item' && current.claim && (
              <SetAside
                panel={panel}
                lease={current.claim}
                others={others}
                holdMaxMinutes={rules.holdMaxMinutes}
                onAct={act}
                onClose={() => setPanel(null)}
              />
            )}
            {item?.disagreement && <Disagreement words={item.disagreement} />}
            {(draft.armed?.wants === 'policy' || chosen || panel === 'policy') && (
              <PolicyChoice
                policies={policies}
                armed={draft.armed?.verdict ?? null}
                policyId={draft.policyId}
                onPick={acts.pick}
              />
            )}
          </>
        }
      >
        <BarLine
          outgoing={outgoing}
          lost={current.kind === 'item' ? current.lost : null}
          armed={draft.armed}
          said={policies.length === 0 && said === null ? NO_POLICIES : said}
          progress={progressOf(tally, rows.length, query === '' ? live : null)}
          busy={busy}
          onUndo={acts.undo}
          onSame={acts.same}
          onDismiss={outbox.dismiss}
          onGoOn={acts.go}
        />
      </DecisionBar>
      <SimilarDrawer
        interactionId={panel === 'similar' && item ? item.id : null}
        onClose={() => setPanel(null)}
      />
    </div>
  );
}

function isAside(panel: string | null): panel is 'skip' | 'hold' | 'handover' {
  return panel === 'skip' || panel === 'hold' || panel === 'handover';
}

/** The list holds 30; beyond that only the whole queue is counted. */
function progressOf(tally: Record<Verdict, number>, listed: number, whole: Live | null) {
  const done = tally.harmful + tally.benign + tally.unsure;
  const isAll = listed < 30;
  const waiting = isAll ? listed : (whole?.pending ?? listed);
  const isMore = !isAll && (whole === null || whole.pendingCapped);
  return { done, of: `${(done + waiting).toLocaleString('en')}${isMore ? '+' : ''}` };
}

const NO_POLICIES = 'There are no policies yet; a lead can write them.';

const LOOK_AGAIN_MS = 5_000;

/** While nothing is free or nothing answers, looks again now and then, as long as the page is looked at. */
function useLookAgain(waiting: boolean, look: () => void) {
  const latest = useRef(look);
  useEffect(() => {
    latest.current = look;
  });
  useEffect(() => {
    if (!waiting) return;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') latest.current();
    }, LOOK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [waiting]);
}
