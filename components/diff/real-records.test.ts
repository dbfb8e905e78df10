import { preloadFile, preloadMultiFileDiff } from '@pierre/diffs/ssr';
import { describe, expect, it } from 'vitest';
import { type ContractRow, hasRealData, realDataPlace, realRows } from '../../tests/real-data.ts';
import { diffLanguage } from './diff-language.ts';
import { visibleText } from './visible-text.tsx';

const options = {
  disableFileHeader: true,
  overflow: 'wrap',
  preferredHighlighter: 'shiki-js',
  theme: { dark: 'pierre-dark', light: 'pierre-light' },
} as const;

/** Tags and handlers that the library itself does not write. */
function foreignTags(html: string): string[] {
  const tags = html.match(/<[a-z][^>]*>/gi) ?? [];
  return tags.filter(
    (tag) =>
      !/^<(?:code|div|pre|slot|span|style|template|svg|use|symbol|path)\b/.test(tag) || /\son\w+=/i.test(tag),
  );
}

// All of them take half a minute: every record that is hostile in some way, and one in twenty of the rest.
const HOSTILE = /\r|<script|[^\n]{1500}|[^\n\t\P{Cc}]|\p{Cf}|\p{Zl}|\p{Zp}|\p{Script=Arabic}/u;
const isTelling = (row: ContractRow, index: number) =>
  index % 20 === 0 || row.completion === '' || HOSTILE.test(`${row.before ?? ''}${row.completion}`);

describe('the diff library', () => {
  it.skipIf(!hasRealData)(
    `renders real records as inert text (skipped where ${realDataPlace} is absent)`,
    async () => {
      let rendered = 0;
      for (const row of realRows().filter(isTelling)) {
        const lang = diffLanguage(row.language);
        const newFile = {
          name: 'completion',
          contents: visibleText(row.completion || row.prompt).text,
          lang,
        };
        const { prerenderedHTML } =
          row.before === null
            ? await preloadFile({ file: newFile, options })
            : await preloadMultiFileDiff({
                oldFile: { name: 'completion', contents: visibleText(row.before).text, lang },
                newFile,
                options: { ...options, expandUnchanged: true, lineDiffType: 'word-alt' },
              });
        expect(prerenderedHTML, row.id).toContain('data-line');
        expect(foreignTags(prerenderedHTML), row.id).toEqual([]);
        rendered += 1;
      }
      expect(rendered).toBeGreaterThan(900);
    },
    300_000,
  );
});
