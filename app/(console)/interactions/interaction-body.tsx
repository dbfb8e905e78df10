'use client';

import { CompletionDiff } from '#components/diff/completion-diff';
import { VisibleBlock } from '#components/diff/visible';
import type { FullInteraction } from '#lib/interactions/queries';
import classes from './interaction.module.css';

/** What the model was asked and what it answered: the diff first, the prompt folded unless it is all there is. */
export function InteractionBody({ interaction }: { interaction: FullInteraction }) {
  const { prompt, before, completion, language, path, findings } = interaction;
  const promptOnly = completion === '' && before === null;
  const words = prompt.split(/\s+/u).filter((word) => word !== '').length;
  return (
    <div className={classes.body}>
      {promptOnly ? (
        <CompletionDiff
          before={null}
          completion={prompt}
          language="text"
          path="prompt; the answer is empty"
          findings={findings}
        />
      ) : (
        <CompletionDiff
          before={before}
          completion={completion}
          language={language}
          path={path}
          findings={findings}
        />
      )}
      {!promptOnly && (
        <details className={classes.prompt}>
          <summary>
            {prompt === '' ? 'No prompt (inline edit)' : `Prompt · ${words.toLocaleString('en')} words`}
          </summary>
          {prompt !== '' && <VisibleBlock text={prompt} />}
        </details>
      )}
    </div>
  );
}
