import type { Finding } from '#lib/findings/schema';
import type { RawRow } from '#lib/interactions/batch';
import { type AdaptedItem, clip, counted, scalar, storableText } from './adapted.ts';
import { fields, parsedJson } from './chat.ts';

/** What one judgement says: findings, or that nothing was wrong, or why it says nothing. */
export type Judged = { findings: Finding[] } | { clean: string } | { unread: string };

/** Most findings of one judgement; the rest are counted. */
const MOST = 50;

/** A row `{ id, result }` of a tool that judges: `read` says what it says of the interaction with that id. */
export function judgementItems(
  raw: RawRow,
  index: number,
  read: (result: unknown, row: Record<string, unknown>) => Judged,
): AdaptedItem[] {
  if ('unreadable' in raw)
    return [{ index, id: null, kind: 'refused', why: `This row is ${raw.unreadable}.` }];
  const row = fields(raw.value);
  const named = scalar(row.id);
  const refused = (why: string): AdaptedItem[] => [{ index, id: named ?? null, kind: 'refused', why }];
  if (row !== raw.value) return refused('This row is not an object.');
  if (named === undefined) return refused('id: is missing; it names the interaction that was judged');
  if (row.result === undefined || row.result === null)
    return refused('result: is missing, so nothing was judged');
  const id = storableText(clip(named, 300));
  const judged = read(parsedJson(row.result), row);
  if ('clean' in judged) return [{ index, id, kind: 'clean', why: judged.clean }];
  if ('unread' in judged) return refused(`result: ${judged.unread}`);
  const notShown = counted([['finding', judged.findings.length - MOST]]);
  return judged.findings.slice(0, MOST).map((finding, position): AdaptedItem => {
    const { detector, rule, message } = finding;
    const kept = {
      ...finding,
      detector: storableText(clip(detector, 500)),
      rule: storableText(clip(rule ?? '', 500)),
      message: storableText(clip(message ?? '', 4_000)),
    };
    const reported = { targets: [{ by: 'id', value: id } as const], finding: kept };
    return { index, id, kind: 'finding', reported, ...(position === 0 && { notShown }) };
  });
}
