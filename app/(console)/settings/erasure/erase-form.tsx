'use client';

import { Alert, Button, Stack, Textarea, TextInput } from '@mantine/core';
import Link from 'next/link';
import { type FormEvent, useState } from 'react';
import { attempt } from '#components/attempt';
import type { Erased } from '#lib/retention/mutations';
import type { ErasurePreview } from '#lib/retention/queries';
import { eraseActorAction, previewErasureAction } from './actions.ts';

const WORD = 'ERASE';

/** First counted, then confirmed by typing: what is gone is gone. */
export function EraseForm() {
  const [actorId, setActorId] = useState('');
  const [preview, setPreview] = useState<ErasurePreview | null>(null);
  const [reason, setReason] = useState('');
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [erased, setErased] = useState<Erased | null>(null);

  async function count(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setErased(null);
    const answer = await attempt(previewErasureAction({ actorId }));
    setBusy(false);
    setProblem(answer.ok ? null : answer.message);
    if (answer.ok) setPreview(answer.data);
  }

  async function erase(event: FormEvent) {
    event.preventDefault();
    if (typed !== WORD || busy) return;
    setBusy(true);
    const answer = await attempt(eraseActorAction({ actorId, reason }));
    setBusy(false);
    setProblem(answer.ok ? null : answer.message);
    if (!answer.ok) return;
    setErased(answer.data);
    setPreview(null);
    setActorId('');
    setReason('');
    setTyped('');
  }

  return (
    <Stack maw={560} gap="md">
      {problem && (
        <Alert color="red" variant="outline" role="alert">
          {problem}
        </Alert>
      )}
      {erased && <Done erased={erased} />}
      <form onSubmit={count}>
        <Stack gap="sm">
          <TextInput
            label="User id"
            description="Exactly as your gateway sends it in actor.id"
            value={actorId}
            maxLength={200}
            required
            autoComplete="off"
            onChange={(event) => {
              setActorId(event.currentTarget.value);
              setPreview(null);
            }}
          />
          <div>
            <Button type="submit" variant="default" loading={busy && !preview}>
              Count what would go
            </Button>
          </div>
        </Stack>
      </form>
      {preview?.interactions === 0 && (
        <p role="status">No interaction came from a user with exactly this id. Nothing to erase.</p>
      )}
      {preview && preview.interactions > 0 && (
        <form onSubmit={erase}>
          <Stack gap="sm">
            <Words preview={preview} />
            <Textarea
              label="Reason"
              description="Kept in the history. Do not write the person’s name or id here."
              value={reason}
              minLength={8}
              maxLength={500}
              required
              onChange={(event) => setReason(event.currentTarget.value)}
            />
            <TextInput
              label={`Type ${WORD} to confirm`}
              value={typed}
              autoComplete="off"
              onChange={(event) => setTyped(event.currentTarget.value)}
            />
            <div>
              <Button type="submit" color="red" disabled={typed !== WORD} loading={busy}>
                Erase the text of {preview.interactions.toLocaleString('en')}{' '}
                {preview.interactions === 1 ? 'interaction' : 'interactions'}
              </Button>
            </div>
          </Stack>
        </form>
      )}
    </Stack>
  );
}

function Words({ preview }: { preview: ErasurePreview }) {
  const n = (value: number) => value.toLocaleString('en');
  return (
    <div role="status">
      <p>
        {n(preview.interactions)} interactions carry this id, {n(preview.texts)} still with their text. Of
        these {n(preview.pending)} wait for a decision and would leave the queue, {n(preview.harmful)} were
        decided harmful and {n(preview.linked)} belong to an incident: their text goes too.
      </p>
      <p className="quiet">
        Goes: prompt, code, path, the sender’s own data, what the user kept, detectors’ messages, the id
        itself. Stays: times, findings, decisions with their notes, digests and the history. This cannot be
        undone.
      </p>
    </div>
  );
}

function Done({ erased }: { erased: Erased }) {
  return (
    <Alert variant="outline" role="status" title="Erased">
      <p style={{ marginTop: 0 }}>
        {erased.erased.toLocaleString('en')} texts were dropped, the id is gone from{' '}
        {erased.interactions.toLocaleString('en')} interactions, and {erased.expired.toLocaleString('en')}{' '}
        left the queue.
      </p>
      {erased.rules.length > 0 && (
        <p style={{ marginBottom: 0 }}>
          What remains: the tests of{' '}
          {erased.rules.map(({ ref }, index) => (
            <span key={ref}>
              {index > 0 && ', '}
              <Link href={`/mitigations/${ref}`}>{ref}</Link>
            </span>
          ))}{' '}
          quote this person’s text. Edit or withdraw those that are drafts. Rulesets that were published are
          signed and cannot be changed.
        </p>
      )}
    </Alert>
  );
}
