'use client';

import { Button } from '@mantine/core';
import { MarkedText } from '#components/diff/marked-text';
import { Keys } from '#components/shell/shortcuts';
import { excerptAround } from '#lib/mitigations/excerpt';
import type { RuleDraft } from '#lib/mitigations/schema';
import type { StrongerFold } from '#lib/mitigations/stronger-fold';
import classes from './composer.module.css';
import { foldWords } from './fold-words.ts';
import { PHRASES_KEY } from './matcher-fields.tsx';
import type { ComposerExample } from './rule-form.ts';
import type { TriedView } from './use-tried.ts';

const SHOWN = 6;
const AROUND = 120;

type Props = {
  /** Null while there is nothing that could run here. */
  draft: RuleDraft | null;
  examples: ComposerExample[];
  /** What the examples are: "of INC-3", "of C-12". */
  of: string;
  /** What the draft does to the examples. */
  tried: TriedView;
  /** Set where phrases would hit examples that the matcher misses. */
  fold: StrongerFold | null;
  /** Looks for the phrases instead. */
  onPhrases: () => void;
};

/** What the rule is written from, with its hits marked as one types; what it misses comes first. */
export function ExampleList({ draft, examples, of, tried, fold, onPhrases }: Props) {
  const target = draft?.target === 'prompt' ? 'prompt' : 'completion';
  const shown = examples.map((example, at) => ({ example, hit: tried.hits[at] }));
  const caught = shown.filter(({ hit }) => hit).length;
  const here = draft !== null && tried.hits.length > 0;
  return (
    <section aria-label={`Examples ${of}`}>
      {draft !== null && !tried.current && tried.hits.length === 0 && examples.length > 0 ? (
        <p className={classes.hint} role="status">
          <progress aria-label="Trying the list on the examples" /> Trying the list on the examples…
        </p>
      ) : (
        <p className={classes.hint}>{words(examples.length, caught, of, here)}</p>
      )}
      {fold && (
        <div role="status">
          <p className={classes.risk} data-risk="raised">
            {foldWords(fold, draft?.matcher.kind === 're2')}
          </p>
          <Button
            size="compact-sm"
            variant="default"
            rightSection={<Keys keys={PHRASES_KEY} />}
            onClick={onPhrases}
          >
            Use Phrases
          </Button>
        </div>
      )}
      <ul className={classes.examples}>
        {shown
          .toSorted((a, b) => Number(Boolean(a.hit)) - Number(Boolean(b.hit)))
          .slice(0, SHOWN)
          .map(({ example, hit }) => {
            const text = example[hit?.target ?? target] || example.prompt;
            const excerpt = excerptAround(text, hit?.spans ?? [], AROUND);
            return (
              <li key={example.id}>
                <p className={classes.exampleHead}>
                  {here && <strong>{hit ? '✓ hit' : '– missed'}</strong>} {here && '· '}
                  {example.language} · {example.modelName}
                </p>
                <MarkedText text={excerpt.text} spans={excerpt.spans} />
              </li>
            );
          })}
      </ul>
    </section>
  );
}

function words(examples: number, caught: number, of: string, here: boolean): string {
  if (examples === 0) return `Nothing is linked ${of} yet: link interactions and they appear here, marked.`;
  if (!here) return 'Nothing is marked yet. The rule cannot run as it is, or only the server can try it.';
  const shown = examples > SHOWN ? `; ${SHOWN} of them are shown` : '';
  const missed = caught < examples ? ', those it misses first' : '';
  return `Hits ${caught} of the ${examples} examples ${of}${shown}${missed}.`;
}
