'use client';

import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useRouter } from 'next/navigation';
import { useEffect, useRef, useState, useTransition } from 'react';
import { attempt, refusalWords } from '#components/attempt';
import { Keys, useShortcuts } from '#components/shell/shortcuts';
import type { ActionResult } from '#lib/action';
import type { BatchPreview } from '#lib/batches/queries';
import type { CurrentPolicy } from '#lib/policies/queries';
import { VERDICTS, type Verdict } from '#lib/reviews/schema';
import type { Begun } from './begun.ts';
import classes from './bulk.module.css';

/** One word for many, as the verbs take it. */
export type Word = {
  verdict: Verdict;
  policyId: string | null;
  note: string | null;
  shown: string[];
  expected: number;
  timeSpentMs: number;
};

/**
 * What the page listed: the server decides what is like the shown, and refuses when it counts another number of those.
 */
export type LookedAt = Pick<BatchPreview, 'count' | 'total' | 'shown' | 'unseen'>;

type DecideManyProps = {
  preview: LookedAt;
  /** What they are, such as "members of C-88". */
  noun: string;
  policies: CurrentPolicy[];
  /** What is chosen at first. */
  begun?: Begun | null;
  decide: (
    word: Word,
  ) => Promise<ActionResult<{ batchId: string; decided: number; remaining: number; unseen: number }>>;
};

const VERDICT_KEYS: Record<Verdict, string> = { harmful: 'h', benign: 'b', unsure: 'u' };

/** A verdict, a policy and a note for all of them; nothing happens before the count is confirmed. */
export function DecideMany({ preview, noun, policies, begun = null, decide }: DecideManyProps) {
  const { count, total, shown, unseen } = preview;
  const router = useRouter();
  const [verdict, setVerdict] = useState<Verdict | null>(begun?.verdict ?? null);
  const [policyId, setPolicyId] = useState<string | null>(begun?.policyId ?? null);
  const [problem, setProblem] = useState<string | null>(null);
  const [sending, startSending] = useTransition();
  const note = useRef<HTMLTextAreaElement>(null);
  const [shownAt] = useState(() => Date.now());
  const policy = policies.find(({ id }) => id === policyId);
  useEffect(() => {
    // Once: a page that counts anew must not choose again what was taken back meanwhile.
    if (begun) window.history.replaceState(null, '', window.location.pathname);
  }, [begun]);

  function confirm() {
    if (verdict === null || count === 0 || sending) return;
    startSending(async () => {
      const word = {
        verdict,
        policyId,
        note: note.current?.value.trim() || null,
        shown,
        expected: count,
        timeSpentMs: Math.min(Date.now() - shownAt, 86_400_000),
      };
      const answer = await attempt(decide(word));
      if (!answer.ok)
        return setProblem(refusalWords(answer, 'Nothing was decided; your choice is still here.'));
      const { batchId, decided, remaining, unseen } = answer.data;
      notifications.show({
        message: `${decided.toLocaleString('en')} decided ${verdict}.${remaining > unseen ? ` ${(remaining - unseen).toLocaleString('en')} more wait for a second batch.` : ''}${unseen > 0 ? ` ${unseen.toLocaleString('en')} wait: they differ from what was on the screen.` : ''}`,
        position: 'top-center',
        autoClose: 5_000,
      });
      router.push(`/bulk/${batchId}`);
    });
  }

  useShortcuts([
    ...VERDICTS.map((each) => ({
      keys: VERDICT_KEYS[each],
      label: `All ${each}`,
      group: 'Decide all',
      run: () => setVerdict(each),
    })),
    ...policies.slice(0, 9).map((each, index) => ({
      keys: String(index + 1),
      label: `Policy ${each.title}`,
      group: 'Decide all',
      run: () => setPolicyId((now) => (now === each.id ? null : each.id)),
    })),
    { keys: 'n', label: 'Write a note', group: 'Decide all', run: () => note.current?.focus() },
    { keys: 'Enter', label: 'Decide all that were counted', group: 'Decide all', run: confirm },
    { keys: 'Escape', label: 'Take the verdict back', group: 'Decide all', run: () => setVerdict(null) },
  ]);

  const figure = count.toLocaleString('en');
  const words = unseen === 0 ? `${figure} ${noun}` : `${figure} of ${total.toLocaleString('en')}`;
  const left =
    unseen === 0
      ? ''
      : `: ${unseen.toLocaleString('en')} ${unseen === 1 ? 'variant' : 'variants'} not looked at`;
  return (
    <section className={classes.decide} aria-label={`Decide ${words}`}>
      <div className={classes.row}>
        {VERDICTS.map((each) => (
          <Button
            key={each}
            size="xs"
            variant={verdict === each ? 'filled' : 'default'}
            aria-pressed={verdict === each}
            disabled={count === 0 || sending}
            onClick={() => setVerdict(each)}
            rightSection={<Keys keys={VERDICT_KEYS[each]} />}
          >
            {each[0]?.toUpperCase()}
            {each.slice(1)}
          </Button>
        ))}
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset cannot lie in one line with its neighbours. */}
        <div className={classes.row} role="group" aria-label="Policy">
          {policies.map((each, index) => (
            <Button
              key={each.id}
              size="xs"
              variant={policyId === each.id ? 'light' : 'default'}
              aria-pressed={policyId === each.id}
              disabled={count === 0 || sending}
              title={each.text}
              onClick={() => setPolicyId((now) => (now === each.id ? null : each.id))}
              rightSection={index < 9 && <Keys keys={String(index + 1)} />}
            >
              {each.title}
            </Button>
          ))}
        </div>
      </div>
      <div className={classes.row}>
        <label className={classes.note}>
          <span>
            Note on each <Keys keys="n" />
          </span>
          <textarea
            ref={note}
            rows={1}
            maxLength={4_000}
            className={classes.input}
            onKeyDown={(event) => {
              if (event.key === 'Escape') event.currentTarget.blur();
            }}
          />
        </label>
        <Button
          size="xs"
          color={verdict === 'harmful' ? 'red.9' : undefined}
          disabled={verdict === null || count === 0}
          loading={sending}
          onClick={confirm}
          rightSection={<Keys keys="Enter" />}
        >
          {verdict === null
            ? `Decide ${words}${left}`
            : `Decide ${words} ${verdict}${policy ? ` under ${policy.title}` : ''}${left}`}
        </Button>
      </div>
      {problem && (
        <p role="alert" className={classes.problem}>
          {problem}
        </p>
      )}
    </section>
  );
}
