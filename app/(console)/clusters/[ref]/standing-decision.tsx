'use client';

import { Button, NativeSelect, NumberInput } from '@mantine/core';
import Link from 'next/link';
import { type FormEvent, useState, useTransition } from 'react';
import { attempt } from '#components/attempt';
import { once } from '#components/once';
import { RelativeTime } from '#components/relative-time';
import type { ClusterDetail } from '#lib/clusters/queries';
import { AUTOMATE_MAX_DAYS } from '#lib/clusters/schema';
import type { CurrentPolicy } from '#lib/policies/queries';
import { VERDICTS } from '#lib/reviews/schema';
import { automateClusterAction, coverVariantsAction, stopAutomationAction } from '../actions.ts';
import { counted } from '../words.ts';

const automateClusterOnce = once(automateClusterAction);

const HOUR_MS = 3_600_000;

type StandingDecisionProps = {
  clusterId: string;
  policies: CurrentPolicy[];
  standing: ClusterDetail['automation'];
  /** Those that the page lists: what a standing decision made here covers. */
  variants: { id: string; covered: boolean }[];
};

/** A lead's word on what arrives later, until a stated end; without it arrivals are only suggested. */
export function StandingDecision({ clusterId, policies, standing, variants }: StandingDecisionProps) {
  const [problem, setProblem] = useState<string | null>(null);
  const [sending, startSending] = useTransition();

  function start(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const until = new Date(Date.now() + Number(form.get('hours')) * HOUR_MS);
    startSending(async () => {
      const input = {
        clusterId,
        verdict: form.get('verdict'),
        policyId: form.get('policyId') || null,
        shown: variants.map(({ id }) => id),
        until: until.toISOString(),
      };
      const answer = await automateClusterOnce(input);
      setProblem(answer.ok ? null : answer.message);
    });
  }
  const uncovered = variants.filter(({ covered }) => !covered).map(({ id }) => id);
  function cover() {
    startSending(async () => {
      const answer = await attempt(coverVariantsAction({ clusterId, shown: uncovered }));
      setProblem(answer.ok ? null : answer.message);
    });
  }
  function stop() {
    startSending(async () => {
      const answer = await attempt(stopAutomationAction({ clusterId }));
      setProblem(answer.ok ? null : answer.message);
    });
  }

  return (
    <section>
      <h2>What arrives later</h2>
      {standing ? (
        <>
          <p style={{ marginTop: 0 }}>
            is decided {standing.verdict}
            {standing.policy && ` under ${standing.policy.title}`} by itself until{' '}
            <RelativeTime at={standing.until} />
            {standing.by && `, on the word of ${standing.by.name}`}, if it is like one of the{' '}
            {counted(standing.variants, 'variant')} that they saw. Everything else waits.
          </p>
          {standing.batchId && (
            <p>
              <Link href={`/bulk/${standing.batchId}`}>
                {counted(standing.decided, 'arrival')} decided so far; look or reverse
              </Link>
            </p>
          )}
          {uncovered.length > 0 && (
            <p>
              {counted(uncovered.length, 'variant')} listed here {uncovered.length === 1 ? 'is' : 'are'} not
              covered. Look at {uncovered.length === 1 ? 'it' : 'them'} first:{' '}
              <Button size="xs" variant="default" loading={sending} onClick={cover}>
                Decide {uncovered.length === 1 ? 'its' : 'their'} like too
              </Button>
            </p>
          )}
          <Button size="xs" variant="default" loading={sending} onClick={stop}>
            Stop deciding arrivals
          </Button>
        </>
      ) : (
        <form onSubmit={start}>
          <p style={{ marginTop: 0 }}>
            waits for a person. You may let it be decided by itself for a while, if it is like one of the{' '}
            {counted(variants.length, 'variant')} listed here; every such decision is recorded in your name.
          </p>
          <NativeSelect
            size="xs"
            name="verdict"
            label="Decide arrivals"
            data={VERDICTS.map((value) => ({ value, label: value }))}
          />
          <NativeSelect
            size="xs"
            name="policyId"
            label="Under"
            mt={6}
            data={[
              { value: '', label: 'no policy' },
              ...policies.map(({ id, title }) => ({ value: id, label: title })),
            ]}
          />
          <NumberInput
            size="xs"
            name="hours"
            label={`For so many hours (at most ${AUTOMATE_MAX_DAYS * 24})`}
            mt={6}
            min={1}
            max={AUTOMATE_MAX_DAYS * 24}
            defaultValue={4}
            required
          />
          <Button
            type="submit"
            size="xs"
            variant="default"
            mt={8}
            loading={sending}
            disabled={variants.length === 0}
          >
            Decide arrivals without a person
          </Button>
        </form>
      )}
      {problem && <p role="alert">{problem}</p>}
    </section>
  );
}
