import { listWords } from './explain.ts';

/** One thing that differs between two versions; empty where it was not there. */
export type Change = { field: string; was: string; now: string };

/** Names of a list that are shown; the rest is counted. */
const SHOWN = 20;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const words = (value: unknown): string =>
  value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);

/** What changed from one content of a rule to the next, field by field; of lists what left and what came. */
export function contentChanges(was: unknown, now: unknown, field = ''): Change[] {
  if (JSON.stringify(was) === JSON.stringify(now)) return [];
  if (Array.isArray(was) || Array.isArray(now)) {
    const [before, after] = [was, now].map((list) => (Array.isArray(list) ? list.map(words) : []));
    const [old, fresh] = [new Set(before), new Set(after)];
    const gone = [...old].filter((item) => !fresh.has(item));
    const come = [...fresh].filter((item) => !old.has(item));
    const only = gone.length + come.length === 0 ? 'another order' : listWords(come, SHOWN);
    return [{ field, was: listWords(gone, SHOWN), now: only }];
  }
  if (!isObject(was) && !isObject(now)) return [{ field, was: words(was), now: words(now) }];
  const [before, after] = [isObject(was) ? was : {}, isObject(now) ? now : {}];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
    contentChanges(before[key], after[key], field === '' ? key : `${field}.${key}`),
  );
}
