'use client';

import { memo, useEffect, useMemo, useState } from 'react';
import { CompletionDiff } from '#components/diff/completion-diff';
import { Visible } from '#components/diff/visible';
import { visibleText } from '#components/diff/visible-text';
import { RevealSecrets } from '#components/reveal-secrets';
import type { Revealed } from '#lib/secrets/mutations';
import { revealSecretsAction } from '../../interactions/actions.ts';
import type { ShownItem } from '../work.ts';
import { PromptFold } from './prompt-fold.tsx';
import { WorkFacts } from './work-facts.tsx';
import classes from './workbench.module.css';

type WorkPaneProps = {
  item: ShownItem;
  /** On the screen; the other one is drawn behind it, so that it is there at once. */
  active: boolean;
  mayReveal: boolean;
  onPainted: (id: string) => void;
};

/** Keys that come sooner after the first frame were meant for the item before. */
const SEEN_MS = 200;

/** One item as it is read. */
export const WorkPane = memo(function WorkPane({ item, active, mayReveal, onPainted }: WorkPaneProps) {
  // Lives as long as the item is on the screen: going on covers everything again.
  const [revealed, setRevealed] = useState<Revealed | null>(null);
  const { id } = item;
  const { prompt, before, completion, path } = revealed ?? item;
  const secrets = useMemo(() => item.secretRules.map((rule) => ({ rule })), [item.secretRules]);
  const findings = useMemo(
    () => item.findings.map((finding, at) => ({ ...finding, ...revealed?.places[at] })),
    [item.findings, revealed],
  );
  useEffect(() => {
    if (!active) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    // The second frame begins when the first one has been painted; and nobody has seen what was there for less.
    let request = requestAnimationFrame(() => {
      request = requestAnimationFrame(() => {
        timer = setTimeout(() => onPainted(id), SEEN_MS);
      });
    });
    return () => {
      cancelAnimationFrame(request);
      clearTimeout(timer);
    };
  }, [active, id, onPainted]);
  const promptOnly = completion === '' && before === null;
  return (
    <div className={classes.pane} data-item={id} data-active={active || undefined} inert={!active}>
      <div className={classes.body}>
        <h1 className={classes.title} title={visibleText(item.title).text}>
          <Visible text={item.title} />
        </h1>
        <RevealSecrets
          interactionId={id}
          secrets={secrets}
          uncovered={item.uncovered}
          may={mayReveal && active}
          shown={revealed !== null}
          action={revealSecretsAction}
          onShow={setRevealed}
          onHide={() => setRevealed(null)}
        />
        <CompletionDiff
          before={promptOnly ? null : before}
          completion={promptOnly ? prompt : completion}
          language={promptOnly ? 'text' : item.language}
          path={promptOnly ? 'Prompt; the answer is empty' : path}
          surface={item.surface}
          meta={item.meta}
          findings={findings}
          active={active}
        />
        {!promptOnly && <PromptFold prompt={prompt} active={active} />}
      </div>
      <WorkFacts item={item} />
    </div>
  );
});
