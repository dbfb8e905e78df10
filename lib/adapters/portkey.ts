import { z } from 'zod';
import type { Finding } from '#lib/findings/schema';
import type { RawRow } from '#lib/interactions/batch';
import { type Adapted, type AdaptedItem, clip, stamp } from './adapted.ts';
import { fencedLanguage, fields, firstText, instant, leftOutOf, readAnswer, readPrompt } from './chat.ts';
import { guardrailMeaning, MAPPING_VERSION } from './guardrail-mapping.ts';
import { firstProblem, idIn } from './openai-moderation.ts';

const check = z.object({
  id: z.string().catch('check'),
  verdict: z.boolean().nullish().catch(undefined),
  error: z.unknown().optional(),
  transformed: z.boolean().nullish().catch(undefined),
});
const hook = z.object({
  id: z.string().catch('guardrail'),
  verdict: z.boolean().nullish().catch(undefined),
  deny: z.boolean().nullish().catch(undefined),
  checks: z.array(check).catch([]),
});
const hooks = z.array(hook).optional().catch(undefined);
const hookResults = z
  .object({ before_request_hooks: hooks, after_request_hooks: hooks })
  .optional()
  .catch(undefined);
type Hook = z.infer<typeof hook>;

/** A record's frame; its texts are looked for in the places that Portkey's shapes have put them. */
const portkeyRecordSchema = z.object({
  id: z.string().max(300).nullish(),
  trace_id: z.string().max(300).nullish(),
  created_at: z.union([z.string(), z.number()]).nullish(),
});

/**
 * Portkey's log records, each a whole interaction: its JSONL export (`created_at`, `request.body`, `response.body`,
 * `ai_model`, `metadata`; portkey.ai/docs, "Logs Export"), records with `request` and `response` objects, and what its
 * guardrail webhook is sent (`request.json`, `response.json`; Portkey-AI/gateway, src/middlewares/hooks/types.ts).
 * Guardrail verdicts come from `hook_results` of the answer or of the record. A record's `id`, else its trace, names it.
 */
export function fromPortkey(rows: RawRow[]): Adapted {
  const items = rows.map((raw, index): AdaptedItem => {
    if ('unreadable' in raw)
      return { index, id: null, kind: 'refused', why: `This row is ${raw.unreadable}.` };
    const parsed = portkeyRecordSchema.safeParse(raw.value);
    if (!parsed.success)
      return { index, id: idIn(raw.value), kind: 'refused', why: firstProblem(parsed.error) };
    const record = fields(raw.value);
    const request = bodyOf(record, 'request');
    const response = bodyOf(record, 'response');
    const metadata = fields(parsedJson(record.metadata));
    const id = firstText(parsed.data.id, parsed.data.trace_id, metadata.traceId, metadata._trace_id)?.slice(
      0,
      300,
    );
    if (!id)
      return { index, id: null, kind: 'refused', why: 'id: the record has neither an id nor a trace_id' };
    const occurredAt = instant(parsed.data.created_at ?? metadata.created_at);
    if (!occurredAt) return { index, id, kind: 'refused', why: 'created_at: is needed and must be a time' };
    const asked = readPrompt(
      request.messages ?? request.input ?? request.contents ?? request.prompt ?? '',
      request.system ?? request.instructions ?? request.systemInstruction,
    );
    const answered = readAnswer(response);
    const [prompt, completion] = [asked.text, answered.text];
    const leftOut = leftOutOf(asked, answered);
    if (prompt === '' && completion === '') {
      return { index, id, kind: 'refused', why: 'request: the record has neither a prompt nor an answer' };
    }
    const model = firstText(record.ai_model, request.model, response.model);
    if (!model) return { index, id, kind: 'refused', why: 'ai_model: the record names no model' };
    const found = hookResults.parse(
      record.hook_results ?? response.hook_results ?? fields(record.response).hook_results,
    );
    return {
      index,
      id,
      kind: 'row',
      row: {
        ...rowOf({ id, occurredAt, model, prompt, completion, request, response, metadata, found }),
        meta: stamp('portkey', MAPPING_VERSION, leftOut),
      },
      leftOut,
    };
  });
  return { mapping: MAPPING_VERSION, items, rows: new Map() };
}

type Parts = {
  id: string;
  occurredAt: string;
  model: string;
  prompt: string;
  completion: string;
  request: Record<string, unknown>;
  response: Record<string, unknown>;
  metadata: Record<string, unknown>;
  found: z.infer<typeof hookResults>;
};

function rowOf({
  id,
  occurredAt,
  model,
  prompt,
  completion,
  request,
  response,
  metadata,
  found,
}: Parts): object {
  // `_user` is Portkey's own name for the person (portkey.ai/docs, "Metadata").
  const actor = firstText(metadata._user, metadata.user, metadata.user_id, request.user);
  const tenant = firstText(metadata.tenant, metadata.organisation, metadata.organization, metadata.team);
  const tier = firstText(metadata.tier, metadata.plan);
  const sampling = {
    ...(typeof request.temperature === 'number' && { temperature: request.temperature }),
    ...(typeof request.top_p === 'number' && { topP: request.top_p }),
    ...(typeof request.n === 'number' && { candidates: request.n }),
  };
  return {
    id,
    occurredAt,
    model: { name: clip(model, 200), version: clip(firstText(response.model) ?? model, 200) },
    surface: request.messages === undefined && typeof request.prompt === 'string' ? 'inline' : 'chat',
    language: fencedLanguage(completion),
    actor: {
      id: clip(actor ?? 'unknown', 200),
      ...(tenant && { tenant: clip(tenant, 200) }),
      ...(tier && { tier: clip(tier, 200) }),
    },
    prompt,
    completion,
    ...(Object.keys(sampling).length > 0 && { sampling }),
    findings: [
      ...(found?.before_request_hooks ?? []).flatMap((each) => findingsOf(each, 'request')),
      ...(found?.after_request_hooks ?? []).flatMap((each) => findingsOf(each, 'answer')),
    ].slice(0, 100),
  };
}

/**
 * A check that said no. One that failed on an error says nothing, and what a check's `data` holds may be the text
 * itself, so neither is passed on.
 */
function findingsOf(guard: Hook, of: 'request' | 'answer'): Finding[] {
  const failed = guard.checks.filter((each) => each.verdict === false && !each.error);
  const denied = guard.deny ? ' and denied it' : '';
  return failed.map((each) => ({
    detector: clip(`Portkey ${guard.id}`, 500),
    rule: clip(each.id, 500),
    ...guardrailMeaning([each.id, guard.id]),
    message: clip(`${each.id} failed on the ${of}${denied}`, 4_000),
  }));
}

/** `request.body`, `request: { body }`, `request: { json }` or `request` itself; JSON that was written as text is read. */
function bodyOf(record: Record<string, unknown>, part: 'request' | 'response'): Record<string, unknown> {
  const whole = fields(parsedJson(record[part]));
  return fields(parsedJson(record[`${part}.body`] ?? whole.body ?? whole.json ?? whole));
}

function parsedJson(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}
