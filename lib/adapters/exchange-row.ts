import { createHash } from 'node:crypto';
import type { Finding } from '#lib/findings/schema';
import type { RawRow } from '#lib/interactions/batch';
import { NO_TIME } from '#lib/interactions/occurred';
import { MAX_TEXT } from '#lib/interactions/schema';
import { storable } from '#lib/storable';
import {
  type AdaptedItem,
  type AdapterName,
  clip,
  counted,
  countsOf,
  scalar,
  stamp,
  storableText,
  sumBy,
} from './adapted.ts';
import { fencedLanguage, fields } from './chat.ts';
import type { ReadText } from './conversation.ts';
import { instant } from './instant.ts';

/** A request and its answer as a log has them; of each list the first that says something counts. */
export type Exchange = {
  format: AdapterName;
  mapping: string;
  ids: unknown[];
  times: unknown[];
  models: unknown[];
  versions: unknown[];
  actors: unknown[];
  tenants: unknown[];
  tiers: unknown[];
  isInline: boolean;
  sampling: { temperature?: unknown; top_p?: unknown; n?: unknown };
  asked: ReadText;
  answered: ReadText;
  findings: Finding[];
  /** Parts of the record that are no text, and checks that did not answer. */
  beside: [what: string, count: number][];
};

/** The contract's limit. */
const MAX_FINDINGS = 100;

/** Each row of a log by the object it holds; a row without one is refused by itself. */
export function eachRecord(
  rows: RawRow[],
  itemOf: (record: Record<string, unknown>, index: number) => AdaptedItem,
  recordOf: (value: unknown) => Record<string, unknown> = fields,
): AdaptedItem[] {
  return rows.map((raw, index) => {
    const refused = (why: string): AdaptedItem => ({ index, id: null, kind: 'refused', why });
    if ('unreadable' in raw) return refused(`This row is ${raw.unreadable}.`);
    const record = recordOf(raw.value);
    if (Object.keys(record).length === 0) return refused('This row is not an object with something in it.');
    return itemOf(record, index);
  });
}

/**
 * The interaction of a log's record. What the record does not say is `unknown` and named; what cannot be stored or is
 * too long leaves a mark and is counted. Refused only where there is neither a word nor a verdict.
 */
export function exchangeItem(index: number, exchange: Exchange): AdaptedItem {
  const { format, mapping, asked, answered, findings } = exchange;
  const named = scalar(...exchange.ids);
  const id = storableText(clip(named ?? `${format}:${hashOf(exchange)}`, 300));
  const isEmpty = asked.text.trim() === '' && answered.text.trim() === '';
  if (isEmpty && findings.length === 0) {
    return {
      index,
      id: named ?? null,
      kind: 'refused',
      why: 'The record has neither a prompt nor an answer.',
    };
  }
  const time = exchange.times.map(instant).find((each) => each !== null);
  const model = scalar(...exchange.models);
  const actor = scalar(...exchange.actors);
  const [tenant, tier] = [scalar(...exchange.tenants), scalar(...exchange.tiers)];
  const counts: [string, number][] = [
    ...countsOf(asked.notShown),
    ...countsOf(answered.notShown),
    ...exchange.beside,
    ['finding', Math.max(findings.length - MAX_FINDINGS, 0)],
    ['text', isEmpty ? 1 : 0],
  ];
  const fitting = (text: string): string => {
    const fit =
      text.length <= MAX_TEXT ? text : `${clip(text, MAX_TEXT - 100)}\n[end of the text: not shown]`;
    if (fit !== text) counts.push(['end of the text', 1]);
    if (!storable(fit))
      counts.push([
        'character',
        fit.length - storableText(fit).replaceAll('\ufffd', '').length - count(fit, '\ufffd'),
      ]);
    return storableText(fit);
  };
  const name = (text: string) => storableText(clip(text, 200));
  const completion = fitting(answered.text);
  const row = {
    id,
    occurredAt: time ?? NO_TIME,
    model: {
      name: name(model ?? 'unknown'),
      version: name(scalar(...exchange.versions) ?? model ?? 'unknown'),
    },
    surface: exchange.isInline ? 'inline' : 'chat',
    language: fencedLanguage(completion),
    actor: {
      id: name(actor ?? 'unknown'),
      ...(tenant && { tenant: name(tenant) }),
      ...(tier && { tier: name(tier) }),
    },
    prompt: isEmpty ? '[text: not shown]' : fitting(asked.text),
    completion,
    ...samplingOf(exchange.sampling),
    findings: findings.slice(0, MAX_FINDINGS),
    meta: stamp(format, mapping),
  };
  const notShown = counted(Object.entries(sumBy(counts)));
  const unknown = [
    ...(time === undefined ? ['time'] : []),
    ...(model === undefined ? ['model'] : []),
    ...(actor === undefined ? ['actor'] : []),
    ...(named === undefined ? ['id'] : []),
  ];
  return { index, id, kind: 'row', row: { ...row, ...(notShown && { notShown }) }, notShown, unknown };
}

const count = (text: string, what: string): number => text.split(what).length - 1;

/** What is the same whenever the same record comes. */
function hashOf({ times, asked, answered, findings }: Exchange): string {
  const content = JSON.stringify([times.map(instant), asked.text, answered.text, findings]);
  return createHash('sha256').update(content).digest('hex').slice(0, 32);
}

/** What lies outside of the contract's ranges is no setting of any model. */
function samplingOf({ temperature, top_p: topP, n }: Exchange['sampling']): { sampling?: object } {
  const within = (value: unknown, least: number, most: number) =>
    typeof value === 'number' && value >= least && value <= most;
  const sampling = {
    ...(within(temperature, 0, 10) && { temperature }),
    ...(within(topP, 0, 1) && { topP }),
    ...(within(n, 1, 1_000) && Number.isInteger(n) && { candidates: n }),
  };
  return Object.keys(sampling).length > 0 ? { sampling } : {};
}
