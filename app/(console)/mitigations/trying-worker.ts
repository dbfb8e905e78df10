import type { RuleDraft } from '#lib/mitigations/schema';
import type { ComposerExample } from './rule-form.ts';
import { compiled, triedOn } from './trying.ts';

// Tries a long list beside the page, so that typing and scrolling go on.
self.addEventListener(
  'message',
  ({ data }: MessageEvent<{ draft: RuleDraft; examples: ComposerExample[] }>) => {
    self.postMessage(triedOn(compiled(data.draft), data.examples));
  },
);
