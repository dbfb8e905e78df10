import type { Tx } from '#lib/db';
import type { ReportedFinding } from './schema.ts';
import { locator, type Span } from './span.ts';
import type { Place } from './targets.ts';

/** Texts may be a megabyte each; this many are held at a time. */
const TEXTS_AT_ONCE = 16;

/**
 * The spans of findings that say their place in lines, in the text that findings are about: the completion, or the
 * prompt where the completion is empty. An erased text has no places any more.
 */
export async function readSpans(
  tx: Tx,
  places: Place[],
  findings: ReportedFinding[],
): Promise<(Span | undefined)[]> {
  const wanted = new Map<string, number[]>();
  places.forEach((place, index) => {
    if ('key' in place && findings[index]?.region)
      wanted.set(place.key, [...(wanted.get(place.key) ?? []), index]);
  });
  const spans: (Span | undefined)[] = findings.map(() => undefined);
  const keys = [...wanted.keys()];
  for (let from = 0; from < keys.length; from += TEXTS_AT_ONCE) {
    const rows = await tx.$queryRaw<{ id: string; text: string }[]>`
      SELECT id, CASE WHEN completion = '' THEN prompt ELSE completion END AS text FROM interaction
      WHERE id = ANY(${keys.slice(from, from + TEXTS_AT_ONCE)}::uuid[]) AND erased_at IS NULL`;
    for (const { id, text } of rows) {
      const locate = locator(text);
      for (const index of wanted.get(id) ?? []) spans[index] = locate(findings[index]?.region) ?? undefined;
    }
  }
  return spans;
}
