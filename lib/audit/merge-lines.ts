import { dataOf, type EventRow } from './queries.ts';

/** An entry of a timeline; `also` is the event of the other incident that tells of the same merge, or of its undo. */
export type TimelineLine = EventRow & { also: EventRow | null };

/** One line where both sides of a merge, newest first, tell of it: that of the incident that goes on, which says what it moved. */
export function mergeLines(items: readonly EventRow[]): TimelineLine[] {
  const told = new Set<EventRow>();
  return items.flatMap((item, place) => {
    if (told.has(item)) return [];
    const also = items.slice(place + 1).find((other) => !told.has(other) && isOtherSide(item, other)) ?? null;
    if (also) told.add(also);
    return [{ ...item, also }];
  });
}

function isOtherSide(item: EventRow, other: EventRow): boolean {
  if (other.action !== 'incident.transition') return false;
  const [side, moved] = [dataOf(item.body), dataOf(other.body)];
  if (item.action === 'incident.absorb') return moved.kind === 'merge' && moved.ref === side.from;
  return item.action === 'incident.release' && moved.kind === 'unmerge' && moved.ref === side.to;
}
