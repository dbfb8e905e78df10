import type { RawRow } from '#lib/interactions/batch';
import { type Adapted, scalar } from './adapted.ts';
import { fields, list } from './chat.ts';
import { type Judged, judgementItems } from './judgement-row.ts';
import { knownCategory, MAPPING_VERSION, UNKNOWN_CATEGORY } from './openai-moderation-mapping.ts';
import { yesOrNo } from './verdict-words.ts';

/**
 * One row per interaction: `{ id, result }`, where `result` is the whole answer of `POST /v1/moderations`, or one of its
 * results. Every category that was flagged becomes a finding of its own, in whatever spelling.
 */
export function fromOpenAiModeration(rows: RawRow[]): Adapted {
  const items = rows.flatMap((raw, index) => judgementItems(raw, index, read));
  return { mapping: MAPPING_VERSION, items, rows: new Map() };
}

/** What is wrong, by its name, and the kinds of input that it was seen in. */
type Flags = Map<string, Set<string>>;

function read(result: unknown): Judged {
  const answer = fields(result);
  const results = answer.results ?? result;
  const judgements = Array.isArray(results) ? results : [results];
  const model = scalar(answer.model) ?? 'moderation';
  const flags: Flags = new Map();
  let read = 0;
  for (const each of judgements) if (readJudgement(fields(each), flags)) read += 1;
  if (flags.size > 0) {
    return {
      findings: [...flags].map(([name, kinds]) => ({
        detector: `OpenAI ${model}`,
        rule: name,
        ...(knownCategory(name)?.meaning ?? UNKNOWN_CATEGORY),
        // Without the score: it wavers between calls, and a replay must say the same.
        message: `Moderation flagged ${name === FLAGGED ? 'it and named no category' : name}${where(kinds)}`,
      })),
    };
  }
  if (judgements.length === 0) return { unread: 'has no results, so nothing was judged' };
  if (read < judgements.length) {
    return {
      unread: answer.error
        ? 'is an error, so nothing was judged'
        : 'says neither flagged nor which categories',
    };
  }
  return { clean: 'not flagged' };
}

/** The rule of what is flagged without a category. */
const FLAGGED = 'flagged';

const where = (kinds: Set<string>): string =>
  kinds.size > 0 ? ` in ${[...kinds].sort().join(' and ')}` : '';

/** Adds what a judgement flags; answers whether it judged at all. */
function readJudgement(judgement: Record<string, unknown>, flags: Flags): boolean {
  const types = fields(judgement.category_applied_input_types ?? judgement.categoryAppliedInputTypes);
  const add = (name: string) => {
    const known = knownCategory(name)?.name ?? name;
    const kinds = flags.get(known) ?? new Set();
    for (const kind of list(Object.hasOwn(types, name) ? types[name] : []))
      if (typeof kind === 'string') kinds.add(kind);
    flags.set(known, kinds);
  };
  const before = flags.size;
  const named = namesOf(judgement.categories);
  for (const name of named.flagged) add(name);
  const flagged = yesOrNo(judgement.flagged);
  const isFlagged = flagged === 'yes' || flagged === 'unclear';
  if (isFlagged && named.flagged.length === 0) add(FLAGGED);
  return flagged !== null || named.count > 0 || flags.size > before;
}

/** The categories that are flagged, of a map, a map of maps, or a list of names; `count`: how many were judged. */
function namesOf(categories: unknown, prefix = '', depth = 0): { flagged: string[]; count: number } {
  const flagged: string[] = [];
  let count = 0;
  const entries: [name: string, said: unknown][] = Array.isArray(categories)
    ? categories.map((each) => {
        const { name, category, flagged: said, ...rest } = fields(each);
        const own = scalar(each, name, category) ?? 'unnamed';
        return [own, fields(each) === each ? (said ?? rest.filtered ?? rest.detected ?? true) : true];
      })
    : typeof categories === 'string'
      ? categories
          .split(',')
          .filter((each) => each.trim() !== '')
          .map((each) => [each.trim(), true])
      : Object.entries(fields(categories));
  for (const [name, said] of entries) {
    const inner = fields(said);
    const verdict = inner.flagged ?? inner.filtered ?? inner.detected ?? inner.value ?? said;
    if (verdict === said && inner === said && depth < 3) {
      const nested = namesOf(said, `${prefix}${name}/`, depth + 1);
      flagged.push(...nested.flagged);
      count += nested.count;
      continue;
    }
    // A number between no and yes is a score, and scores are no verdicts.
    if (typeof verdict === 'number' && verdict > 0 && verdict < 1) continue;
    const answer = yesOrNo(verdict);
    count += 1;
    if (answer === 'yes' || answer === 'unclear') flagged.push(prefix + name);
  }
  return { flagged, count };
}
