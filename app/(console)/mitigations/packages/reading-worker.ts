import { readingOf } from '#lib/package-lists/merge';

// Reads a long list beside the page, so that typing and scrolling go on.
self.addEventListener('message', ({ data }: MessageEvent<string>) => {
  self.postMessage(readingOf(data));
});
