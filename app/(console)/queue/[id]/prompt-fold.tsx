'use client';

import { useMemo, useRef, useState } from 'react';
import { PromptText } from '#components/diff/prompt-text';
import { Keys, useShortcuts } from '#components/shell/shortcuts';
import layout from '../../interactions/interaction.module.css';

/** What the model was asked; its text is laid out when somebody wants to read it. */
export function PromptFold({ prompt, active }: { prompt: string; active: boolean }) {
  const details = useRef<HTMLDetailsElement>(null);
  const isShort = prompt.length <= SHORT;
  const [opened, setOpened] = useState(isShort);
  const words = useMemo(() => wordsIn(prompt), [prompt]);
  useShortcuts(
    active && prompt !== ''
      ? [
          {
            act: 'code.prompt',
            label: 'Open or close the prompt',
            group: 'Code',
            run: () => {
              if (details.current) details.current.open = !details.current.open;
              details.current?.scrollIntoView({ block: 'nearest' });
            },
          },
        ]
      : [],
  );
  if (prompt === '') return <p className={layout.noPrompt}>No prompt: an inline edit.</p>;
  return (
    <details ref={details} className={layout.prompt} open={isShort} onToggle={() => setOpened(true)}>
      <summary>
        Prompt · {words} {active && <Keys act="code.prompt" />}
      </summary>
      {opened && <PromptText text={prompt} />}
    </details>
  );
}

/** Up to so many characters it costs nothing to read along. */
const SHORT = 300;

// Splitting a megabyte into words to count them would be felt.
function wordsIn(prompt: string): string {
  if (prompt.length > 100_000) return `${prompt.length.toLocaleString('en')} characters`;
  const count = prompt.split(/\s+/u).filter((word) => word !== '').length;
  return `${count.toLocaleString('en')} ${count === 1 ? 'word' : 'words'}`;
}
