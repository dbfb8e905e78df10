'use client';

import { Button, NativeSelect, NumberInput } from '@mantine/core';
import { type FormEvent, useState, useTransition } from 'react';
import { attempt } from '#components/attempt';
import { once } from '#components/once';
import { RelativeTime } from '#components/relative-time';
import { AUTOMATE_MAX_DAYS } from '#lib/clusters/schema';
import type { CurrentPolicy } from '#lib/policies/queries';
import { VERDICTS } from '#lib/reviews/schema';
import { automateClusterAction, stopAutomationAction } from '../actions.ts';

const automateClusterOnce = once(automateClusterAction);

const HOUR_MS = 3_600_000;

type StandingDecisionProps = {
  clusterId: string;
  policies: CurrentPolicy[];
  standing: { verdict: string; until: Date; by: string | null; policy: string | null } | null;
};

/** A lead's word on what arrives later, until a stated end; without it arrivals are only suggested. */
export function StandingDecision({ clusterId, policies, standing }: StandingDecisionProps) {
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
        until: until.toISOString(),
      };
      const answer = await automateClusterOnce(input);
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
            {standing.policy && ` under ${standing.policy}`} by itself until{' '}
            <RelativeTime at={standing.until} />
            {standing.by && `, on the word of ${standing.by}`}.
          </p>
          <Button size="xs" variant="default" loading={sending} onClick={stop}>
            Stop deciding arrivals
          </Button>
        </>
      ) : (
        <form onSubmit={start}>
          <p style={{ marginTop: 0 }}>
            waits for a person. You may let it be decided by itself for a while; every such decision is
            recorded in your name.
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
          <Button type="submit" size="xs" variant="default" mt={8} loading={sending}>
            Decide arrivals without a person
          </Button>
        </form>
      )}
      {problem && <p role="alert">{problem}</p>}
    </section>
  );
}
