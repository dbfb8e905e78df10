import type { ReportedFinding } from '#lib/findings/schema';

/** The tools whose words we read; the last word of `POST /api/v1/findings/{adapter}`. */
export const ADAPTERS = ['sarif', 'openai-moderation', 'llama-guard', 'litellm', 'portkey'] as const;
export type AdapterName = (typeof ADAPTERS)[number];

/** One thing that a tool said, in our words. `index` is its place in what was sent. */
export type AdaptedItem = { index: number; id: string | null } & (
  | {
      kind: 'finding';
      reported: ReportedFinding;
      /** The id of the row in `rows` that is made where no interaction is found; absent: nothing to make it from. */
      orRow?: string | undefined;
    }
  /** A whole interaction: the row in `rows` with this id. */
  | {
      kind: 'row';
      row: unknown;
      /** What of it could not become text, by its name, and how many. */
      leftOut?: Record<string, number> | undefined;
    }
  /** The tool found nothing wrong: pass, safe, not flagged, suppressed. */
  | { kind: 'clean' }
  | { kind: 'refused'; why: string }
);

/** What became of a foreign document. Rows are not checked yet: the contract's own schema does that afterwards. */
export type Adapted = {
  /** Which table was used, such as `sarif/1`. */
  mapping: string;
  items: AdaptedItem[];
  /** Interactions to make for findings whose interaction is not here, by the caller's id. */
  rows: Map<string, Record<string, unknown>>;
};

/** What each adapter is told beside the document. */
export type AdapterContext = {
  /** When the document arrived: the time of what carries none. */
  receivedAt: Date;
};

/** What a made interaction keeps, so that an auditor sees which table was used. */
export function stamp(
  format: AdapterName,
  mapping: string,
  leftOut?: Record<string, number>,
): { adapter: { format: string; mapping: string; leftOut?: Record<string, number> } } {
  return { adapter: { format, mapping, ...(leftOut && { leftOut }) } };
}

/** Cut to the contract's length without breaking a character; whole texts are never cut, only what tools say. */
export function clip(text: string, most: number): string {
  if (text.length <= most) return text;
  const cut = text.slice(0, most - 1);
  return `${cut.isWellFormed() ? cut : cut.slice(0, -1)}…`;
}
