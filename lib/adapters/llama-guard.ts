import { z } from 'zod';
import type { RawRow } from '#lib/interactions/batch';
import { type Adapted, type AdaptedItem, clip } from './adapted.ts';
import { HAZARDS, MAPPING_VERSION, UNKNOWN_HAZARD } from './llama-guard-mapping.ts';
import { firstProblem, idIn } from './openai-moderation.ts';

const said = z.string().max(4_000);
const message = z.object({ content: said });
/** What the model wrote, or the answer of an OpenAI-like or Ollama server around it. */
const result = z.union([
  said,
  z.object({
    choices: z.array(z.union([z.object({ message }), z.object({ text: said })])).min(1),
    model: z.string().optional(),
  }),
  z.object({ message, model: z.string().optional() }),
  z.object({ response: said, model: z.string().optional() }),
]);
const llamaGuardRowSchema = z.object({
  id: z.string().min(1).max(300),
  result,
  /** Which model spoke: the codes of version 2 mean other things. 3 where nothing says. */
  model: z.string().max(200).nullish(),
});

/** One row per interaction: `{ id, result, model? }` with the model's text, `safe` or `unsafe` and a line of codes. */
export function fromLlamaGuard(rows: RawRow[]): Adapted {
  const items = rows.flatMap((raw, index): AdaptedItem[] => {
    if ('unreadable' in raw)
      return [{ index, id: null, kind: 'refused', why: `This row is ${raw.unreadable}.` }];
    const parsed = llamaGuardRowSchema.safeParse(raw.value);
    if (!parsed.success)
      return [{ index, id: idIn(raw.value), kind: 'refused', why: firstProblem(parsed.error) }];
    const { id } = parsed.data;
    const { text, model } = spoken(parsed.data.result);
    const version = versionOf(parsed.data.model ?? model ?? '');
    if (version === '1') {
      return [
        {
          index,
          id,
          kind: 'refused',
          why: 'model: Llama Guard 1 and its O codes are not read; use 2, 3 or 4.',
        },
      ];
    }
    const [verdict, ...codes] = text.trim().split(/[\s,]+/);
    if (verdict?.toLowerCase() === 'safe' && codes.length === 0) return [{ index, id, kind: 'clean' }];
    if (
      verdict?.toLowerCase() !== 'unsafe' ||
      codes.length > 50 ||
      !codes.every((code) => /^S\d{1,3}$/i.test(code))
    ) {
      return [
        {
          index,
          id,
          kind: 'refused',
          why: 'result: is neither "safe" nor "unsafe" with codes such as S1,S14',
        },
      ];
    }
    const named = [...new Set(codes.map((code) => code.toUpperCase()))];
    return (named.length > 0 ? named : [null]).map((code): AdaptedItem => {
      const hazards = HAZARDS[version];
      const hazard = code !== null && Object.hasOwn(hazards, code) ? hazards[code] : undefined;
      return {
        index,
        id,
        kind: 'finding',
        reported: {
          targets: [{ by: 'id', value: id }],
          finding: {
            detector: `Llama Guard ${version}`,
            rule: code ?? 'unsafe',
            category: hazard?.category ?? UNKNOWN_HAZARD.category,
            severity: hazard?.severity ?? UNKNOWN_HAZARD.severity,
            message: clip(
              hazard ? `${hazard.name} (${code})` : `Judged unsafe${code ? ` (${code})` : ''}`,
              4_000,
            ),
          },
        },
      };
    });
  });
  return { mapping: MAPPING_VERSION, items, rows: new Map() };
}

function spoken(given: z.infer<typeof result>): { text: string; model: string | undefined } {
  if (typeof given === 'string') return { text: given, model: undefined };
  const { model } = given;
  if ('choices' in given) {
    const first = given.choices[0];
    return { text: first ? ('message' in first ? first.message.content : first.text) : '', model };
  }
  return { text: 'message' in given ? given.message.content : given.response, model };
}

/** From a model's name such as `meta-llama/Llama-Guard-3-8B` or `llama-guard3:1b`. */
function versionOf(model: string): '1' | '2' | '3' | '4' {
  const version = /guard[^a-z0-9]{0,3}([1-4])(?![0-9]*b)/i.exec(model)?.[1];
  if (version === '1' || version === '2' || version === '4') return version;
  return version === undefined && /llama-?guard-7b/i.test(model) ? '1' : '3';
}
