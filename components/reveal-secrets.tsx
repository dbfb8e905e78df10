'use client';

import { Alert, Button, Group, Modal, Textarea } from '@mantine/core';
import { useState } from 'react';
import { attempt } from '#components/attempt';
import { Keys, useShortcuts } from '#components/shell/shortcuts';
import type { ActionResult } from '#lib/action';
import { hiddenNote, type RevealSecrets as Request } from '#lib/secrets/schema';
import classes from './reveal-secrets.module.css';

type RevealSecretsProps<T> = {
  interactionId: string;
  /** Where something is covered and of which kind; nothing is rendered where there is nothing to say. */
  secrets: { rule: string }[];
  /** Secrets that a detector names and that could not be covered. */
  uncovered: number;
  /** Whether this person may ask; others only read what is hidden. */
  may: boolean;
  /** What is shown now; the page that holds it forgets it when it is left. */
  shown: boolean;
  action: (input: Request) => Promise<ActionResult<T>>;
  onShow: (texts: T) => void;
  onHide: () => void;
};

/** Says what is covered, and shows it to the person who says why; `x` asks, and covers it again. */
export function RevealSecrets<T>(props: RevealSecretsProps<T>) {
  const { interactionId, secrets, uncovered, may, shown, action, onShow, onHide } = props;
  const [asking, setAsking] = useState(false);
  const hides = secrets.length > 0;
  const note = hiddenNote(secrets, uncovered);
  const toggle = () => (shown ? onHide() : setAsking(true));
  useShortcuts(hides && may ? [{ act: 'review.reveal', label: 'Reveal masked secrets', run: toggle }] : []);
  if (!note) return null;
  return (
    <div className={classes.bar}>
      <p className={classes.words} role="status">
        {shown ? 'Everything is shown, in this view only; the history says that you asked.' : note}
      </p>
      {hides && may && (
        <Button size="compact-xs" variant="default" onClick={toggle} rightSection={<Keys keys="x" />}>
          {shown ? 'Cover again' : 'Show with a reason'}
        </Button>
      )}
      {asking && (
        <AskWhy
          onClose={() => setAsking(false)}
          onAsk={async (reason) => {
            const answer = await attempt(action({ interactionId, reason }));
            if (!answer.ok) return answer.fields?.reason ?? answer.message;
            setAsking(false);
            onShow(answer.data);
            return null;
          }}
        />
      )}
    </div>
  );
}

type AskWhyProps = { onClose: () => void; onAsk: (reason: string) => Promise<string | null> };

function AskWhy({ onClose, onAsk }: AskWhyProps) {
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  return (
    <Modal opened onClose={() => !busy && onClose()} title="Show what is hidden" centered>
      <form
        onSubmit={async (event) => {
          event.preventDefault();
          if (busy) return;
          setBusy(true);
          setProblem(await onAsk(reason));
          setBusy(false);
        }}
      >
        {problem && (
          <Alert color="red" variant="outline" role="alert" mb={12}>
            {problem}
          </Alert>
        )}
        <Textarea
          label="Why do you need to see it?"
          description="Kept in the history with your name. The secret itself is not."
          data-autofocus
          autosize
          minRows={2}
          maxLength={500}
          required
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey))
              event.currentTarget.form?.requestSubmit();
          }}
        />
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={onClose} disabled={busy}>
            Cancel
          </Button>
          <Button type="submit" loading={busy}>
            Show it
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
