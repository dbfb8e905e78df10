'use client';

import { useState } from 'react';
import { CompletionDiff } from '#components/diff/completion-diff';
import { PromptText } from '#components/diff/prompt-text';
import { EmptyState } from '#components/empty-state';
import { RevealSecrets } from '#components/reveal-secrets';
import type { FullInteraction } from '#lib/interactions/queries';
import { erasedNote } from '#lib/retention/schema';
import type { Revealed } from '#lib/secrets/mutations';
import { revealSecretsAction } from './actions.ts';
import classes from './interaction.module.css';

/** What the model was asked and what it answered: the diff first, the prompt folded unless it is all there is. */
export function InteractionBody({
  interaction,
  mayReveal,
}: {
  interaction: FullInteraction;
  mayReveal: boolean;
}) {
  // Lives as long as this view of it: leaving covers everything again.
  const [revealed, setRevealed] = useState<Revealed | null>(null);
  const { id, language, secrets, uncovered, erasedAt, erasedFor } = interaction;
  const { prompt, before, completion, path } = revealed ?? interaction;
  const findings = interaction.findings.map((finding, at) => ({ ...finding, ...revealed?.places[at] }));
  if (erasedAt) {
    return (
      <div className={classes.body}>
        <EmptyState title="The text is gone">{erasedNote(new Date(erasedAt), erasedFor)}</EmptyState>
      </div>
    );
  }
  const promptOnly = completion === '' && before === null;
  const words = prompt.split(/\s+/u).filter((word) => word !== '').length;
  return (
    <div className={classes.body}>
      <RevealSecrets
        interactionId={id}
        secrets={secrets}
        uncovered={uncovered}
        may={mayReveal}
        shown={revealed !== null}
        action={revealSecretsAction}
        onShow={setRevealed}
        onHide={() => setRevealed(null)}
      />
      {promptOnly ? (
        <CompletionDiff
          before={null}
          completion={prompt}
          language="text"
          path="Prompt; the answer is empty"
          findings={findings}
        />
      ) : (
        <CompletionDiff
          before={before}
          completion={completion}
          language={language}
          path={path}
          surface={interaction.surface}
          meta={interaction.meta}
          findings={findings}
        />
      )}
      {!promptOnly && (
        <details className={classes.prompt}>
          <summary>
            {prompt === '' ? 'No prompt (inline edit)' : `Prompt · ${words.toLocaleString('en')} words`}
          </summary>
          {prompt !== '' && <PromptText text={prompt} />}
        </details>
      )}
    </div>
  );
}
