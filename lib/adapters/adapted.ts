import type { ReportedFinding } from '#lib/findings/schema';
import type { NotShown } from '#lib/interactions/schema';

/** The tools whose words we read; the last word of `POST /api/v1/findings/{adapter}`. */
export const ADAPTERS = [
  'sarif',
  'openai-moderation',
  'llama-guard',
  'litellm',
  'portkey',
  'provider',
] as const;
export type AdapterName = (typeof ADAPTERS)[number];

/** One thing that a tool said, in our words. `index` is its place in what was sent. */
export type AdaptedItem = { index: number; id: string | null } & (
  | {
      kind: 'finding';
      reported: ReportedFinding;
      /** The id of the row in `rows` that is made where no interaction is found; absent: nothing to make it from. */
      orRow?: string | undefined;
      /** What of the report is not kept, such as the way that data takes. */
      notShown?: NotShown | undefined;
    }
  /** A whole interaction: the row in `rows` with this id. */
  | {
      kind: 'row';
      row: unknown;
      notShown?: NotShown | undefined;
      /** What nobody could tell: the actor, the time, the model. */
      unknown?: string[] | undefined;
    }
  /** The tool found nothing that is wrong now; `why` in its own word: `pass`, `safe`, `suppressed`. */
  | { kind: 'clean'; why: string }
  | { kind: 'refused'; why: string }
);

/** What became of a foreign document. Rows are not checked yet: the contract's own schema does that afterwards. */
export type Adapted = {
  /** Which table was used, such as `sarif/1`. */
  mapping: string;
  items: AdaptedItem[];
  /** Interactions to make for findings whose interaction is not here, by the caller's id. */
  rows: Map<string, Record<string, unknown>>;
  /** Scans that did not do all of their work: that they found nothing says nothing. */
  failures?: string[];
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
): { adapter: { format: string; mapping: string } } {
  return { adapter: { format, mapping } };
}

/** Counts by name as a list; absent where there are none. */
export function counted(counts: Iterable<[what: string, count: number]>): NotShown | undefined {
  const list = [...counts].filter(([, count]) => count > 0).map(([what, count]) => ({ what, count }));
  return list.length > 0 ? list : undefined;
}

/** Adds up counts by name. */
export function sumBy(counts: Iterable<readonly [name: string, count: number]>): Record<string, number> {
  const sums = new Map<string, number>();
  for (const [name, count] of counts) sums.set(name, (sums.get(name) ?? 0) + count);
  return Object.fromEntries(sums);
}

export const countsOf = (list: NotShown | null | undefined): [string, number][] =>
  (list ?? []).map(({ what, count }) => [what, count]);

/** A text that can be stored: what Postgres and RFC 8785 do not know becomes U+FFFD. */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd');
}

/** The name of a thing, if it is one: services write their ids as texts and as numbers. */
export function scalar(...values: unknown[]): string | undefined {
  for (const value of values) {
    if (typeof value === 'number' && Number.isFinite(value)) return String(value);
    if (typeof value === 'bigint') return String(value);
    if (typeof value === 'string' && value.trim() !== '') return value;
  }
  return undefined;
}

/** Cut to the contract's length without breaking a character; whole texts are never cut, only what tools say. */
export function clip(text: string, most: number): string {
  if (text.length <= most) return text;
  const cut = text.slice(0, most - 1);
  return `${cut.isWellFormed() ? cut : cut.slice(0, -1)}…`;
}
