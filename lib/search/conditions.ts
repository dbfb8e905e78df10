import { Prisma } from '#lib/db';
import { OUTCOMES } from '#lib/interactions/schema';
import { readTime } from '#lib/time';
import { AGO, type Key } from './keys.ts';
import type { Term } from './query.ts';

const { sql } = Prisma;

/** So much earlier than the newest document an interaction may have got its id and still not be in the index. */
const LATE_MS = 600_000;

/** The id that a document made `LATE_MS` before this one would have: UUIDv7 begins with milliseconds. */
export function earlierId(newest: string | undefined): string {
  if (newest === undefined) return '00000000-0000-0000-0000-000000000000';
  const at = Math.max(0, Number.parseInt(newest.replace('-', '').slice(0, 12), 16) - LATE_MS);
  const hex = at.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

/** What searches choose from, as `d`: the index's narrow rows, and what came in after them. `from` is `earlierId`'s. */
export const documents = (from: string) => sql`(
  SELECT interaction_id AS id, received_at, source, model_name, model_version, surface, language, tier, tenant, actor_id,
    outcome, control, erased, true AS indexed FROM search_document
  UNION ALL
  SELECT i.id, i.received_at, i.source, i.model_name, i.model_version, i.surface, i.language, i.tier, i.tenant, i.actor_id,
    i.outcome, i.control, i.erased_at IS NOT NULL, false FROM interaction i
  WHERE i.id > ${from}::uuid AND NOT EXISTS (SELECT 1 FROM search_document s WHERE s.interaction_id = i.id)) d`;

const MS = { d: 86_400_000, h: 3_600_000, m: 60_000 } as const;

function momentOf(value: string, now: number): Date {
  const [, count, unit] = AGO.exec(value) ?? [];
  return new Date(unit ? now - Number(count) * MS[unit as keyof typeof MS] : (readTime(value) ?? now));
}

const numberIn = (value: string) => Number(value.replace(/^\D+/, ''));

/** Keys that speak of one finding: what several of them ask for must be true of the same one. */
const FINDING_KEYS: readonly Key[] = ['detector', 'rule', 'category', 'severity'];
/** Keys of which a text can have many values: each that is asked for must be there. */
const ALL_KEYS: readonly Key[] = [
  'text',
  're',
  'package',
  'host',
  'call',
  'is',
  'after',
  'before',
  'decided-after',
  'decided-before',
];

/** The effective outcome of `d`; the same rule as lib/outcomes/effective.ts. */
export const OUTCOME = sql`coalesce((SELECT o.outcome FROM outcome o WHERE o.interaction_id = d.id
  ORDER BY o.occurred_at DESC, array_position(${[...OUTCOMES]}::text[], o.outcome) DESC LIMIT 1), d.outcome)`;

/** A verdict is there to be read once it is final: until then every review is blind. */
const decided = (condition: Prisma.Sql) =>
  sql`EXISTS (SELECT 1 FROM queue_item q WHERE q.interaction_id = d.id AND q.state = 'decided' AND ${condition})`;

/** The terms as SQL conditions on `d`, but those on texts: what they need is read elsewhere. */
export function conditionsOf(terms: readonly Term[], now = Date.now()): Prisma.Sql[] {
  const asked = terms.filter(({ key }) => key !== 'text' && key !== 're');
  const [negated, wanted] = [asked.filter((term) => term.negated), asked.filter((term) => !term.negated)];
  const groups = Map.groupBy(
    wanted.filter(({ key }) => !FINDING_KEYS.includes(key)),
    (term) => (ALL_KEYS.includes(term.key) ? `${term.key} ${term.value}` : term.key),
  );
  const found = wanted.filter(({ key }) => FINDING_KEYS.includes(key));
  return [
    ...[...groups.values()].map((group) => conditionOf(group, now)),
    ...(found.length > 0 ? [findingOf(found)] : []),
    ...negated.map((term) => sql`NOT coalesce(${conditionOf([term], now)}, false)`),
  ];
}

function findingOf(terms: readonly Term[]): Prisma.Sql {
  const columns = {
    detector: sql`f.detector`,
    rule: sql`f.rule`,
    category: sql`f.category`,
    severity: sql`f.severity`,
  };
  const conditions = [...Map.groupBy(terms, ({ key }) => key)].map(
    ([key, group]) =>
      sql`${columns[key as keyof typeof columns]} = ANY(${group.map(({ value }) => value)}::text[])`,
  );
  return sql`d.id IN (SELECT f.interaction_id FROM finding f WHERE ${Prisma.join(conditions, ' AND ')})`;
}

/** Terms of one key: that one of their values holds. */
function conditionOf(group: readonly Term[], now: number): Prisma.Sql {
  const [{ key, value } = { key: 'text' as Key, value: '' }] = group;
  const values = group.map((term) => term.value);
  const any = (column: Prisma.Sql) => sql`${column} = ANY(${values}::text[])`;
  const numbers = values.map(numberIn);
  switch (key) {
    case 'text':
    case 're':
      return sql`true`;
    case 'detector':
    case 'rule':
    case 'category':
    case 'severity':
      return findingOf(group);
    case 'package':
    case 'host':
    case 'call':
      return sql`d.id IN (SELECT m.interaction_id FROM cluster_shape s JOIN cluster_member m ON m.shape_id = s.id
        WHERE s.features @> ${[`${key}:${value}`]}::text[])`;
    case 'model':
      return any(sql`d.model_name`);
    case 'version':
      return any(sql`d.model_version`);
    case 'language':
      return any(sql`lower(d.language)`);
    case 'surface':
      return any(sql`d.surface`);
    case 'tenant':
      return any(sql`d.tenant`);
    case 'actor':
      return any(sql`d.actor_id`);
    case 'tier':
      return any(sql`d.tier`);
    case 'source':
      return any(sql`d.source`);
    case 'outcome':
      return any(OUTCOME);
    case 'state':
      return sql`EXISTS (SELECT 1 FROM queue_item q WHERE q.interaction_id = d.id AND ${any(sql`q.state`)})`;
    case 'verdict':
      return decided(any(sql`q.verdict`));
    case 'decided-after':
      return decided(sql`q.decided_at >= ${momentOf(value, now)}`);
    case 'decided-before':
      return decided(sql`q.decided_at < ${momentOf(value, now)}`);
    case 'blocked':
      return sql`d.id IN (SELECT q.interaction_id FROM queue_item q JOIN mitigation r ON r.id = q.blocked_by_id
        WHERE r.number = ANY(${numbers}::int[]))`;
    case 'cluster':
      return sql`d.id IN (SELECT m.interaction_id FROM cluster_member m JOIN cluster c ON c.id = m.cluster_id
        WHERE c.number = ANY(${numbers}::int[]))`;
    case 'incident':
      return sql`d.id IN (SELECT l.interaction_id FROM incident_interaction l JOIN incident n ON n.id = l.incident_id
        WHERE n.number = ANY(${numbers}::int[]))`;
    case 'is':
      return (
        {
          control: sql`d.control`,
          erased: sql`d.erased`,
          flagged: sql`EXISTS (SELECT 1 FROM finding f WHERE f.interaction_id = d.id)`,
        }[value] ?? sql`true`
      );
    case 'after':
      return sql`d.received_at >= ${momentOf(value, now)}`;
    case 'before':
      return sql`d.received_at < ${momentOf(value, now)}`;
  }
}
