'use client';

import { Conversation } from './conversation.tsx';
import { RICH_LIMIT } from './shown.tsx';
import { VisibleBlock } from './visible.tsx';

/** What a model was asked, as turns; a very long one as it is. */
export function PromptText({ text }: { text: string }) {
  return text.length > RICH_LIMIT ? <VisibleBlock text={text} /> : <Conversation text={text} />;
}
