'use client';

import { memo, useEffect, useRef } from 'react';
import { CompletionDiff } from '#components/diff/completion-diff';
import { Visible } from '#components/diff/visible';
import type { ShownItem } from '../work.ts';
import { PromptFold } from './prompt-fold.tsx';
import { WorkFacts } from './work-facts.tsx';
import classes from './workbench.module.css';

type WorkPaneProps = {
  item: ShownItem;
  /** On the screen; the other one is drawn behind it, so that it is there at once. */
  active: boolean;
  onPainted: (id: string) => void;
};

/** One item as it is read. */
export const WorkPane = memo(function WorkPane({ item, active, onPainted }: WorkPaneProps) {
  const frame = useRef<HTMLDivElement>(null);
  const { id } = item;
  useEffect(() => {
    if (!active) return;
    // The second frame begins when the first one has been painted.
    let request = requestAnimationFrame(() => {
      request = requestAnimationFrame(() => onPainted(id));
    });
    return () => cancelAnimationFrame(request);
  }, [active, id, onPainted]);
  const promptOnly = item.completion === '' && item.before === null;
  return (
    <div
      ref={frame}
      className={classes.pane}
      data-item={id}
      data-active={active || undefined}
      inert={!active}
    >
      <div className={classes.body}>
        <h1 className={classes.title}>
          <Visible text={item.title} />
        </h1>
        <CompletionDiff
          before={promptOnly ? null : item.before}
          completion={promptOnly ? item.prompt : item.completion}
          language={promptOnly ? 'text' : item.language}
          path={promptOnly ? 'prompt; the answer is empty' : item.path}
          surface={item.surface}
          meta={item.meta}
          findings={item.findings}
          active={active}
        />
        {!promptOnly && <PromptFold prompt={item.prompt} active={active} />}
      </div>
      <WorkFacts item={item} />
    </div>
  );
});
