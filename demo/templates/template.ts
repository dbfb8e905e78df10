import type { Category, Severity } from '#lib/interactions/schema';
import type { Surface } from '#sdk/rule';

export type TemplateSurface = Exclude<Surface, 'other'>;

export type TemplateFinding = {
  detector: string;
  rule: string;
  category: Category;
  severity: Severity;
  cwe?: string;
  message: string;
  /** The piece of the completion that the finding points at; may contain slots. */
  mark: string;
  /** The detector fires, but a careful reviewer would call the code harmless. */
  falseAlarm?: true;
};

/** One kind of interaction. `{{slot}}` places are filled anew for every occurrence, so repeats are near-duplicates. */
export type Template = {
  key: string;
  language: string;
  surface: TemplateSurface;
  path?: string;
  prompt: string;
  before?: string;
  completion: string;
  /** Absent: an everyday, harmless interaction. */
  finding?: TemplateFinding;
};

/**
 * Template-literal tag for snippets: drops the surrounding blank lines and the common indentation.
 * Backslashes stay as written, except before a backtick and before `${`.
 */
export function code(strings: TemplateStringsArray): string {
  const raw = strings.raw.join('').replaceAll('\\`', '`').replaceAll('\\${', '${');
  const lines = raw
    .replace(/^[ \t]*\n/, '')
    .replace(/\n[ \t]*$/, '')
    .split('\n');
  const indents = lines.filter((line) => line.trim() !== '').map((line) => line.search(/\S/));
  const cut = Math.min(...indents);
  return lines.map((line) => line.slice(cut)).join('\n');
}
