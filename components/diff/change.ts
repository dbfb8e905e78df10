import { type FileDiffMetadata, parseDiffFromFile } from '@pierre/diffs';

/** Lines that a change adds and removes, and in how many places. */
export type ChangeSize = { added: number; removed: number; places: number };

/** The change from one text to another, both as they are shown. */
export function changeOf(before: string, completion: string, lang: string): FileDiffMetadata {
  const file = (contents: string) => ({ name: 'completion', contents, lang });
  return parseDiffFromFile(file(before), file(completion));
}

export function sizeOf({ hunks }: FileDiffMetadata): ChangeSize {
  const size = { added: 0, removed: 0, places: 0 };
  for (const { hunkContent } of hunks) {
    let isRun = false;
    for (const content of hunkContent) {
      const isChange = content.type === 'change';
      if (isChange) {
        size.added += content.additions;
        size.removed += content.deletions;
      }
      // The library cuts one run where it pairs lines.
      if (isChange && !isRun) size.places += 1;
      isRun = isChange;
    }
  }
  return size;
}
