/** A suggestion where the editor would put it. */
export type Insertion = {
  prefix: string;
  suggestion: string;
  suffix: string;
  /** Nothing is replaced: a diff would fold the code around it, or show as removed what was never touched. */
  insertFirst: boolean;
};

type Suggested = { before: string | null; completion: string; surface?: string | undefined; meta?: unknown };

/**
 * The insertion that an inline completion is, or null where it replaces code instead. A sender that writes the code
 * after the cursor into `meta.suffix` says so outright; otherwise a completion that begins with the code before it
 * carries on from there, and an inline one that repeats none of its lines does as well.
 */
export function insertionOf({ before, completion, surface, meta }: Suggested): Insertion | null {
  if (before === null || before === '' || completion === '') return null;
  const suffix = suffixIn(meta);
  if (completion.startsWith(before)) {
    const suggestion = completion.slice(before.length);
    if (suggestion.trim() === '') return null;
    return suffix !== null && suffix !== '' && suggestion.endsWith(suffix)
      ? { prefix: before, suggestion: suggestion.slice(0, -suffix.length), suffix, insertFirst: true }
      : { prefix: before, suggestion, suffix: suffix ?? '', insertFirst: true };
  }
  if (suffix !== null) return { prefix: before, suggestion: completion, suffix, insertFirst: true };
  if (surface !== 'inline') return null;
  const known = tellingLines(before);
  const given = tellingLines(completion);
  if (given.some((line) => known.includes(line))) return null;
  // A line that begins like a known one may be that line changed: a diff first, the insertion on demand.
  const changes = given.some((line) => known.some((other) => beginsAlike(line, other)));
  return { prefix: before, suggestion: completion, suffix: '', insertFirst: !changes };
}

const ALIKE = 8;

function beginsAlike(one: string, other: string): boolean {
  return one.slice(0, ALIKE) === other.slice(0, ALIKE);
}

function suffixIn(meta: unknown): string | null {
  if (typeof meta !== 'object' || meta === null || !('suffix' in meta)) return null;
  return typeof meta.suffix === 'string' ? meta.suffix : null;
}

// Braces and blank lines repeat everywhere and say nothing.
function tellingLines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.length >= 8);
}
