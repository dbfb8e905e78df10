import type { Actor } from '#lib/actor';
import { addFindings } from '#lib/findings/mutations';
import type { ReportedFinding } from '#lib/findings/schema';
import { type CheckedRow, checkRow } from '#lib/interactions/batch';
import { ingestInteractions, type RowResult } from '#lib/interactions/mutations';
import type { NotShown } from '#lib/interactions/schema';
import { authorize } from '#lib/permissions';
import { type Adapted, type AdaptedItem, counted, countsOf, sumBy } from './adapted.ts';
import { faultOf } from './check.ts';
import { besides, JUDGED_BEFORE, judgedBefore } from './taken-ids.ts';

/** What became of one thing that was sent: a result, a judgement, a log record. */
export type ItemResult = {
  index: number;
  /** The caller's id of the interaction, or the name by which one was looked for. */
  id: string | null;
  /** `added` to an interaction that is here, `created` with one; `clean`: the tool found nothing wrong. */
  status: 'added' | 'created' | 'duplicate' | 'clean' | 'conflict' | 'refused';
  error?: { code: 'invalid' | 'conflict' | 'not_found'; message: string };
  /** Of what is clean: the tool's own word for it, such as `suppressed`. */
  why?: string;
  /** What of the record could not become text, such as pictures, and how many. */
  notShown?: NotShown;
  /** What nobody could tell: the actor, the time, the model. */
  unknown?: string[];
  /** The id that the record came with, where that was taken by other content. */
  cameAs?: string;
};

type ApplyResult = {
  mapping: string;
  added: number;
  created: number;
  duplicates: number;
  clean: number;
  conflicts: number;
  refused: number;
  /** Scans that did not do all of their work, in a sentence each. */
  failures: string[];
  /** What was clean, by the tools' own words. */
  cleanBy: Record<string, number>;
  notShown: NotShown;
  unknown: Record<string, number>;
  results: ItemResult[];
};

/** The contract's most findings in one row; the rest of a made interaction's are added after it. */
const FINDINGS_PER_ROW = 100;

type FindingItem = Extract<AdaptedItem, { kind: 'finding' }>;

/**
 * Does what an adapter has read, over the two verbs: findings go to the interactions that are here, whole interactions
 * and findings that bring their text are ingested, under the key's own source. Each commits by itself, and sending
 * the same again changes nothing, so a call that broke off is simply repeated. Throws `forbidden`.
 */
export async function applyAdapted(actor: Actor, adapted: Adapted, source?: string): Promise<ApplyResult> {
  authorize(actor, 'finding.report');
  const own = actor.kind === 'key' ? actor.source : actor.name;
  const results = new Map<AdaptedItem, ItemResult>();
  const tell: Tell = (item, status, more = {}) => {
    const { notShown, unknown } = { notShown: undefined, unknown: undefined, ...item };
    const beside = { ...(notShown && { notShown }), ...(unknown?.length && { unknown }) };
    results.set(item, { index: item.index, id: item.id, status, ...beside, ...more });
  };

  const pending: Pending[] = [];
  for (const item of adapted.items) {
    const fault = item.kind === 'finding' ? faultOf(item.reported) : null;
    if (item.kind === 'clean') tell(item, 'clean', { why: item.why });
    else if (item.kind === 'refused')
      tell(item, 'refused', { error: { code: 'invalid', message: item.why } });
    else if (fault) tell(item, 'refused', { error: { code: 'invalid', message: fault } });
    else if (item.kind === 'finding') pending.push({ item, reported: item.reported });
  }

  const unknown = await add(actor, adapted.mapping, pending, source ?? own, tell);
  const left = await ingestRows(actor, own, adapted, unknown, tell);
  // Made by somebody else in the meantime, or more findings than one row may bring.
  await add(actor, adapted.mapping, left, own, tell);
  return summary(adapted, results);
}

type Pending = { item: FindingItem; reported: ReportedFinding };
type Tell = (
  item: AdaptedItem,
  status: ItemResult['status'],
  more?: Pick<ItemResult, 'error' | 'why' | 'cameAs'> & { id?: string },
) => void;

/** Adds findings to what is here; answers those whose interaction is not. */
async function add(
  actor: Actor,
  mapping: string,
  pending: Pending[],
  source: string,
  tell: Tell,
): Promise<Pending[]> {
  const findings = pending.map(({ reported }) => reported);
  const answers = await addFindings(actor, { source, mapping, findings });
  return pending.filter(({ item }, index) => {
    const { status = 'unknown', id, why = 'No interaction was found.' } = answers[index] ?? {};
    if (status === 'unknown') tell(item, 'refused', { error: { code: 'not_found', message: why } });
    else {
      const error = { code: 'invalid', message: why } as const;
      tell(item, status, { ...(id && { id }), ...(status === 'refused' && { error }) });
    }
    return status === 'unknown';
  });
}

/** Ingests whole interactions and those made for findings; answers the findings that still have to be added. */
async function ingestRows(
  actor: Actor,
  source: string,
  adapted: Adapted,
  unknown: Pending[],
  tell: Tell,
): Promise<Pending[]> {
  const made = [...Map.groupBy(unknown, ({ item }) => item.orRow ?? '')].filter(([id]) =>
    adapted.rows.has(id),
  );
  const whole = adapted.items.filter((item) => item.kind === 'row');
  const checked: CheckedRow[] = [
    ...made.map(([id]) => checkRow({ value: firstFindings(adapted.rows.get(id)) })),
    ...whole.map((item) => checkRow({ value: item.row })),
  ];
  if (checked.length === 0) return [];
  const { results } = await ingestInteractions(actor, checked);

  const left: Pending[] = [];
  made.forEach(([id, group], index) => {
    const result = results[index];
    group.forEach(({ item, reported }, position) => {
      const isIn =
        (result?.status === 'created' || result?.status === 'duplicate') && position < FINDINGS_PER_ROW;
      if (isIn) tell(item, result.status === 'created' ? 'created' : 'duplicate', { id });
      else if (result?.status === 'invalid') tell(item, 'refused', withError(result));
      else left.push({ item, reported: { ...reported, targets: [{ by: 'id', value: id }] } });
    });
  });
  const taken: { item: AdaptedItem; cameAs: string; row: CheckedRow }[] = [];
  whole.forEach((item, position) => {
    const result = results[made.length + position];
    const row = checked[made.length + position];
    if (result?.status === 'conflict' && row && 'row' in row)
      taken.push({ item, cameAs: row.row.id, row: besides(row.row) });
    else tellRow(tell, item, result);
  });
  if (taken.length === 0) return left;
  const judged = await judgedBefore(
    source,
    taken.flatMap(({ cameAs, row }) => ('row' in row ? [{ id: cameAs, row: row.row }] : [])),
  );
  const others = taken.filter(({ item, cameAs }) => {
    if (!judged.has(cameAs)) return true;
    tell(item, 'conflict', { error: { code: 'conflict', message: JUDGED_BEFORE } });
    return false;
  });
  const again = await ingestInteractions(
    actor,
    others.map(({ row }) => row),
  );
  others.forEach(({ item, cameAs }, position) => {
    const result = again.results[position];
    tellRow(tell, item, result, result?.id ? { id: result.id, cameAs } : {});
  });
  return left;
}

function tellRow(
  tell: Tell,
  item: AdaptedItem,
  result: RowResult | undefined,
  more: { id?: string; cameAs?: string } = {},
): void {
  if (result?.status === 'created' || result?.status === 'duplicate') tell(item, result.status, more);
  else tell(item, result?.status === 'conflict' ? 'conflict' : 'refused', { ...more, ...withError(result) });
}

function withError(result: RowResult | undefined): Pick<ItemResult, 'error'> {
  return result?.error ? { error: { code: result.error.code, message: result.error.message } } : {};
}

function firstFindings(row: Record<string, unknown> | undefined): unknown {
  return row && Array.isArray(row.findings)
    ? { ...row, findings: row.findings.slice(0, FINDINGS_PER_ROW) }
    : row;
}

function summary(adapted: Adapted, byItem: Map<AdaptedItem, ItemResult>): ApplyResult {
  const results = [...byItem.values()].sort((a, b) => a.index - b.index);
  const count = (status: ItemResult['status']) => results.filter((result) => result.status === status).length;
  return {
    mapping: adapted.mapping,
    added: count('added'),
    created: count('created'),
    duplicates: count('duplicate'),
    clean: count('clean'),
    conflicts: count('conflict'),
    refused: count('refused'),
    failures: adapted.failures ?? [],
    cleanBy: sumBy(results.flatMap(({ why }) => (why === undefined ? [] : [[why, 1] as const]))),
    notShown: counted(Object.entries(sumBy(results.flatMap((each) => countsOf(each.notShown))))) ?? [],
    unknown: sumBy(results.flatMap((each) => (each.unknown ?? []).map((what) => [what, 1] as const))),
    results,
  };
}
