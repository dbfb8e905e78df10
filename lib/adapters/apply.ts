import type { Actor } from '#lib/actor';
import { addFindings } from '#lib/findings/mutations';
import type { ReportedFinding } from '#lib/findings/schema';
import { type CheckedRow, checkRow } from '#lib/interactions/batch';
import { ingestInteractions, type RowResult } from '#lib/interactions/mutations';
import { authorize } from '#lib/permissions';
import type { Adapted, AdaptedItem } from './adapted.ts';
import { faultOf } from './check.ts';

/** What became of one thing that was sent: a result, a judgement, a log record. */
export type ItemResult = {
  index: number;
  /** The caller's id of the interaction, or the name by which one was looked for. */
  id: string | null;
  /** `added` to an interaction that is here, `created` with one; `clean`: the tool found nothing wrong. */
  status: 'added' | 'created' | 'duplicate' | 'clean' | 'conflict' | 'refused';
  error?: { code: 'invalid' | 'conflict' | 'not_found'; message: string };
  /** What of the record could not become text, such as pictures, and how many. */
  leftOut?: Record<string, number>;
};

type ApplyResult = {
  mapping: string;
  added: number;
  created: number;
  duplicates: number;
  clean: number;
  conflicts: number;
  refused: number;
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
    results.set(item, { index: item.index, id: item.id, status, ...more });
  };

  const pending: Pending[] = [];
  for (const item of adapted.items) {
    const fault = item.kind === 'finding' ? faultOf(item.reported) : null;
    if (item.kind === 'clean') tell(item, 'clean');
    else if (item.kind === 'refused')
      tell(item, 'refused', { error: { code: 'invalid', message: item.why } });
    else if (fault) tell(item, 'refused', { error: { code: 'invalid', message: fault } });
    else if (item.kind === 'finding') pending.push({ item, reported: item.reported });
  }

  const unknown = await add(actor, adapted.mapping, pending, source ?? own, tell);
  const left = await ingestRows(actor, adapted, unknown, tell);
  // Made by somebody else in the meantime, or more findings than one row may bring.
  await add(actor, adapted.mapping, left, own, tell);
  return summary(adapted, results);
}

type Pending = { item: FindingItem; reported: ReportedFinding };
type Tell = (
  item: AdaptedItem,
  status: ItemResult['status'],
  more?: Pick<ItemResult, 'error' | 'leftOut'> & { id?: string },
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
  whole.forEach((item, position) => {
    const result = results[made.length + position];
    const leftOut = item.kind === 'row' && item.leftOut ? { leftOut: item.leftOut } : {};
    if (result?.status === 'created' || result?.status === 'duplicate') tell(item, result.status, leftOut);
    else tell(item, result?.status === 'conflict' ? 'conflict' : 'refused', withError(result));
  });
  return left;
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
    results,
  };
}
