import { packageWords } from '#sdk/packages/entry';
import { listWords } from './explain.ts';

/** One thing that differs between two versions; empty where it was not there. */
export type Change = { field: string; was: string; now: string };

/** Names of a list that are shown; the rest is counted. */
const SHOWN = 20;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
function words(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  if (isObject(value) && typeof value.name === 'string') return packageWords({ ...value, name: value.name });
  return JSON.stringify(value);
}

/** What a field is called beside the others: `plan.canaryInstances` is "canary instances". */
export function fieldWords(field: string): string {
  const name = field.replace(/^(?:matcher|scope|plan|parameters)\./, '').replace(/\.sha256$/, '');
  return name.replaceAll('.', ' ').replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

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
