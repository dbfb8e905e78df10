import { readFileSync } from 'node:fs';
import path from 'node:path';

/** A text and where its secrets stand. */
export type MarkedCase = { name: string; text: string; secrets: { start: number; end: number }[] };

/**
 * Reads a set: `=== name`, then a text whose secrets stand in ⟦ ⟧. A ¦ is left out: it keeps made-up tokens from being
 * taken for leaked ones by scanners of this repository.
 */
export function markedCases(file: string): MarkedCase[] {
  const parts = readFileSync(path.join(import.meta.dirname, file), 'utf8')
    .split(/^=== /m)
    .slice(1);
  return parts.map((part) => {
    const newline = part.indexOf('\n');
    const secrets: MarkedCase['secrets'] = [];
    let text = '';
    for (const piece of part
      .slice(newline + 1)
      .replace(/\n$/, '')
      .replaceAll('¦', '')
      .split(/([⟦⟧])/)) {
      if (piece === '⟦') secrets.push({ start: text.length, end: text.length });
      else if (piece === '⟧') Object.assign(secrets.at(-1) ?? {}, { end: text.length });
      else text += piece;
    }
    return { name: part.slice(0, newline), text, secrets };
  });
}
