'use client';

import { Alert, Button, Group, Stack, Textarea, TextInput } from '@mantine/core';
import { type FormEvent, useRef, useState, useTransition } from 'react';
import { once } from '#components/once';
import { Keys, useShortcuts } from '#components/shell/shortcuts';
import type { MergeCargo } from '#lib/incidents/merge';
import { type IncidentFacts, type Move, movesFrom, requirements } from '#lib/incidents/states';
import { transitionIncidentAction } from '../actions.ts';
import listClasses from '../incidents.module.css';
import classes from './incident.module.css';

const transitionIncidentOnce = once(transitionIncidentAction);

type Props = {
  incident: string;
  version: number;
  state: string;
  facts: IncidentFacts;
  cargo: MergeCargo;
  mayTransition: boolean;
};

/** The way forward as the primary button, with ticks for what it needs; other moves one click away. */
export function NextStep({ incident, version, state, facts, cargo, mayTransition }: Props) {
  const moves = movesFrom(state, facts);
  const forward = moves.find((move) => move.kind === 'step') ?? null;
  const [chosen, setChosen] = useState<Move | null>(forward);
  const [reason, setReason] = useState('');
  const [mergeInto, setMergeInto] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const [pending, startTransition] = useTransition();
  const needs = chosen ? requirements(chosen, facts, reason, mergeInto) : [];
  // Judged without what is typed, or the box would vanish under the first letter.
  const lacks = chosen ? requirements(chosen, facts, '', mergeInto).filter((need) => !need.met) : [];
  const asksReason = chosen?.reason !== undefined || lacks.some((need) => need.orReason);
  const into = mergeInto.trim().toUpperCase();
  const ready = needs.every((need) => need.met);

  const form = useRef<HTMLFormElement>(null);
  // What is still to be typed comes first; the key never skips it.
  useShortcuts(
    chosen && mayTransition
      ? [
          {
            keys: 's',
            label: chosen.label,
            run: () =>
              ready
                ? form.current?.requestSubmit()
                : form.current?.querySelector<HTMLElement>('textarea, input')?.focus(),
          },
        ]
      : [],
  );

  function submit(event: FormEvent) {
    event.preventDefault();
    if (!chosen) return;
    startTransition(async () => {
      const result = await transitionIncidentOnce({
        incident,
        version,
        to: chosen.to,
        reason,
        ...(chosen.kind === 'merge' && { mergeInto: into }),
      });
      setProblem(result.ok ? null : result.message);
    });
  }

  function choose(move: Move | null) {
    setChosen(move);
    setProblem(null);
  }

  return (
    <section aria-labelledby="next-step" className={classes.next}>
      <h2 id="next-step" className={listClasses.heading}>
        Next step
      </h2>
      {problem && (
        <Alert color="red" variant="outline" role="alert" mb={8}>
          {problem}
        </Alert>
      )}
      {!chosen && (
        <p className="quiet">
          {state === 'merged' ? 'The work is in the incident it was merged into.' : 'Nothing to do.'}
        </p>
      )}
      {chosen && (
        <form ref={form} onSubmit={submit} aria-label={chosen.label}>
          <Stack gap={8}>
            <ul className={classes.ticks}>
              {needs.map((need) => (
                <li key={need.text} data-met={need.met}>
                  <span aria-hidden="true">{need.met ? '✓' : '○'}</span>
                  <span className="spoken">{need.met ? 'Done: ' : 'To do: '}</span> {need.words}
                </li>
              ))}
              {needs.length === 0 && <li data-met="true">Ready for the next step</li>}
            </ul>
            {chosen.kind === 'merge' && <p className="quiet">{cargoSentence(cargo)}</p>}
            {mayTransition && asksReason && (
              <Textarea
                label={
                  chosen.reason ? sentenceCase(chosen.reason) : `Why ${chosen.label.toLowerCase()} anyway?`
                }
                autosize
                minRows={2}
                maxRows={8}
                maxLength={8_000}
                value={reason}
                onChange={(event) => setReason(event.currentTarget.value)}
              />
            )}
            {mayTransition && chosen.kind === 'merge' && (
              <TextInput
                label="Merge into"
                placeholder="INC-12"
                value={mergeInto}
                onChange={(event) => setMergeInto(event.currentTarget.value)}
              />
            )}
            {mayTransition ? (
              <Group gap={8}>
                <Button type="submit" loading={pending} disabled={!ready} rightSection={<Keys keys="s" />}>
                  {chosen.kind === 'merge' && into !== '' ? `Merge into ${into}` : chosen.label}
                </Button>
                {chosen !== forward && (
                  <Button variant="subtle" onClick={() => choose(forward)}>
                    Cancel
                  </Button>
                )}
              </Group>
            ) : (
              <p className="quiet">A commander or a lead can take this step.</p>
            )}
          </Stack>
        </form>
      )}
      {mayTransition && (
        <Group gap={4} mt={8}>
          {moves
            .filter((move) => move !== chosen && move.kind !== 'step')
            .map((move) => (
              <Button key={move.to} size="compact-xs" variant="subtle" onClick={() => choose(move)}>
                {move.label}…
              </Button>
            ))}
        </Group>
      )}
    </section>
  );
}

/** Said before the merge, so that nobody looks for an approved rule afterwards. */
function cargoSentence({ interactions, notes, rules }: MergeCargo): string {
  const counted = (n: number, one: string) => `${n} ${one}${n === 1 ? '' : 's'}`;
  const moved = [
    ...Object.entries(rules).map(([state, n]) => counted(n, `${state} rule`)),
    ...(interactions > 0 ? [counted(interactions, 'interaction')] : []),
    ...(notes > 0 ? [counted(notes, 'note')] : []),
  ];
  const along =
    moved.length > 0
      ? `These go along: ${moved.join(', ')}. Approvals stay valid.`
      : 'It has nothing to take along.';
  return `${along} You can undo the merge.`;
}

function sentenceCase(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
