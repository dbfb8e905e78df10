'use client';

import { Conversation } from './conversation.tsx';
import { RICH_LIMIT } from './shown.tsx';
import { MadeVisible, VisibleBlock } from './visible.tsx';
import { visibleText } from './visible-text.tsx';

/** What a model was asked, as turns; a very long one as it is. */
export function PromptText({ text }: { text: string }) {
  if (text.length > RICH_LIMIT) return <VisibleBlock text={text} />;
  return (
    <>
      <MadeVisible notes={visibleText(text).notes} />
      <Conversation text={text} />
    </>
  );
}
