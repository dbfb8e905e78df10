import { z } from 'zod';
import type { RawRow } from '#lib/interactions/batch';
import { fieldErrors } from '#lib/parse';
import { type Adapted, type AdaptedItem, clip } from './adapted.ts';
import { MAPPING_VERSION, MODERATION_CATEGORIES, UNKNOWN_CATEGORY } from './openai-moderation-mapping.ts';

const judgement = z.object({
  flagged: z.boolean(),
  categories: z.record(z.string(), z.boolean().nullish()),
  category_applied_input_types: z
    .record(z.string(), z.array(z.string()).catch([]))
    .optional()
    .catch(undefined),
});
const answer = z.object({
  model: z.string().optional().catch(undefined),
  results: z.array(judgement).min(1).max(100),
});
/** `result` is the whole answer of `POST /v1/moderations`, or one of its `results`. */
const moderationRowSchema = z.object({
  id: z.string().min(1).max(300),
  result: z.union([answer, judgement]),
});

/** One row per interaction: `{ id, result }`. Every category that was flagged becomes a finding of its own. */
export function fromOpenAiModeration(rows: RawRow[]): Adapted {
  const items = rows.flatMap((raw, index): AdaptedItem[] => {
    if ('unreadable' in raw)
      return [{ index, id: null, kind: 'refused', why: `This row is ${raw.unreadable}.` }];
    const parsed = moderationRowSchema.safeParse(raw.value);
    if (!parsed.success)
      return [{ index, id: idIn(raw.value), kind: 'refused', why: firstProblem(parsed.error) }];
    const { id, result } = parsed.data;
    const judged = 'results' in result ? result.results : [result];
    const model = ('results' in result && result.model) || 'moderation';
    // An input in several parts is answered in several results; one flag is enough for the interaction.
    const seen = new Map<string, Set<string>>();
    for (const { categories, category_applied_input_types: types } of judged) {
      for (const [name, flagged] of Object.entries(categories)) {
        if (!flagged) continue;
        const kinds = seen.get(name) ?? new Set();
        for (const kind of (types && Object.hasOwn(types, name) && types[name]) || []) kinds.add(kind);
        seen.set(name, kinds);
      }
    }
    if (seen.size === 0) return [{ index, id, kind: 'clean' }];
    return [...seen].slice(0, 50).map(([name, kinds]): AdaptedItem => {
      const known = Object.hasOwn(MODERATION_CATEGORIES, name) ? MODERATION_CATEGORIES[name] : undefined;
      const where = kinds.size > 0 ? ` in ${[...kinds].sort().join(' and ')}` : '';
      return {
        index,
        id,
        kind: 'finding',
        reported: {
          targets: [{ by: 'id', value: id }],
          finding: {
            detector: clip(`OpenAI ${model}`, 500),
            rule: clip(name, 500),
            ...(known ?? UNKNOWN_CATEGORY),
            // Without the score: it wavers between calls, and a replay must say the same.
            message: clip(`Moderation flagged ${name}${where}`, 4_000),
          },
        },
      };
    });
  });
  return { mapping: MAPPING_VERSION, items, rows: new Map() };
}

/** The first problem of a foreign row in one line. */
export function firstProblem(error: z.ZodError): string {
  const [field, problem] = Object.entries(fieldErrors(error))[0] ?? ['(body)', 'is not valid'];
  return `${field}: ${problem}`;
}

/** The id of a row that could not be read otherwise. */
export function idIn(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || !('id' in value)) return null;
  return typeof value.id === 'string' ? value.id.slice(0, 300).toWellFormed() : null;
}
