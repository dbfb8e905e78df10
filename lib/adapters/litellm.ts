import { z } from 'zod';
import type { Finding } from '#lib/findings/schema';
import type { RawRow } from '#lib/interactions/batch';
import { type Adapted, type AdaptedItem, clip, stamp } from './adapted.ts';
import { fencedLanguage, fields, firstText, instant, leftOutOf, readAnswer, readPrompt } from './chat.ts';
import { FINDING_STATUSES, guardrailMeaning, MAPPING_VERSION } from './guardrail-mapping.ts';
import { firstProblem, idIn } from './openai-moderation.ts';

const absent = <T extends z.ZodType>(schema: T) => schema.nullish().catch(undefined);
const text = absent(z.string());
const guardrail = z.object({
  guardrail_name: text,
  guardrail_provider: text,
  guardrail_status: text,
  violation_categories: absent(z.array(z.string().catch(''))),
  masked_entity_count: absent(z.record(z.string(), z.number().catch(0))),
});

/**
 * The parts we read of LiteLLM's StandardLoggingPayload (docs.litellm.ai, "StandardLoggingPayload Specification", and
 * litellm/types/utils.py). `guardrail_information` was one object before it became a list.
 */
const liteLlmPayloadSchema = z.object({
  id: z.string().min(1, 'is needed').max(300),
  startTime: z.union([z.number(), z.string()]),
  call_type: text,
  model: z.string().min(1),
  model_group: text,
  metadata: z.record(z.string(), z.unknown()).nullish().catch(undefined),
  end_user: text,
  messages: z.unknown(),
  response: z.unknown(),
  model_parameters: z.record(z.string(), z.unknown()).nullish().catch(undefined),
  guardrail_information: absent(z.union([z.array(guardrail), guardrail])),
});
type Payload = z.infer<typeof liteLlmPayloadSchema>;

// litellm/litellm_core_utils/redact_messages.py
const REDACTED = 'redacted-by-litellm';

/** Log records, each a whole interaction; also as the `standard_logging_object` of a callback's arguments. */
export function fromLiteLlm(rows: RawRow[]): Adapted {
  const items = rows.map((raw, index): AdaptedItem => {
    if ('unreadable' in raw)
      return { index, id: null, kind: 'refused', why: `This row is ${raw.unreadable}.` };
    const value = fields(raw.value).standard_logging_object ?? raw.value;
    const parsed = liteLlmPayloadSchema.safeParse(value);
    if (!parsed.success) return { index, id: idIn(value), kind: 'refused', why: firstProblem(parsed.error) };
    const { id } = parsed.data;
    const occurredAt = instant(parsed.data.startTime);
    if (!occurredAt) return { index, id, kind: 'refused', why: 'startTime: is no time' };
    const asked = readPrompt(parsed.data.messages);
    const answered = readAnswer(parsed.data.response);
    const [prompt, completion] = [asked.text, answered.text];
    const leftOut = leftOutOf(asked, answered);
    if ([prompt, completion].some((each) => each.includes(REDACTED))) {
      return {
        index,
        id,
        kind: 'refused',
        why: 'messages: are redacted by LiteLLM; turn its message logging on.',
      };
    }
    if (prompt === '' && completion === '') {
      return { index, id, kind: 'refused', why: 'messages: the record has neither a prompt nor an answer' };
    }
    const row = {
      ...rowOf(parsed.data, occurredAt, prompt, completion),
      meta: stamp('litellm', MAPPING_VERSION, leftOut),
    };
    return { index, id, kind: 'row', row, leftOut };
  });
  return { mapping: MAPPING_VERSION, items, rows: new Map() };
}

function rowOf(payload: Payload, occurredAt: string, prompt: string, completion: string): object {
  const { id, model, model_group: group, call_type: call = '', end_user: endUser } = payload;
  const metadata = payload.metadata ?? {};
  const parameters = payload.model_parameters ?? {};
  const actor = firstText(
    endUser,
    metadata.user_api_key_end_user_id,
    metadata.user_api_key_user_id,
    metadata.user_api_key_hash,
  );
  const tenant = firstText(metadata.user_api_key_team_id, metadata.user_api_key_org_id);
  const sampling = {
    ...(typeof parameters.temperature === 'number' && { temperature: parameters.temperature }),
    ...(typeof parameters.top_p === 'number' && { topP: parameters.top_p }),
    ...(typeof parameters.n === 'number' && { candidates: parameters.n }),
  };
  return {
    id,
    occurredAt,
    model: { name: clip(group || model, 200), version: clip(model, 200) },
    // A text completion is what an editor asks for.
    surface: call?.includes('text_completion') ? 'inline' : 'chat',
    language: fencedLanguage(completion),
    actor: { id: clip(actor ?? 'unknown', 200), ...(tenant && { tenant: clip(tenant, 200) }) },
    prompt,
    completion,
    ...(Object.keys(sampling).length > 0 && { sampling }),
    findings: [payload.guardrail_information ?? []].flat().flatMap(findingsOf).slice(0, 100),
  };
}

/** `guardrail_response` and `guardrail_request` stay out: they hold prompts and bearer tokens (BerriAI/litellm#20240). */
function findingsOf(guard: z.infer<typeof guardrail>): Finding[] {
  const name = guard.guardrail_name || guard.guardrail_provider || 'guardrail';
  const detector = clip(`LiteLLM ${name}`, 500);
  const provider = guard.guardrail_provider ?? '';
  if (FINDING_STATUSES.includes(guard.guardrail_status ?? '')) {
    const violations = (guard.violation_categories ?? []).filter(Boolean).slice(0, 20);
    const rules = violations.length > 0 ? violations : [null];
    return rules.map((rule) => ({
      detector,
      ...(rule && { rule: clip(rule, 500) }),
      ...guardrailMeaning([rule ?? '', name, provider]),
      message: clip(`${name} stepped in (${guard.guardrail_status})${rule ? `: ${rule}` : ''}`, 4_000),
    }));
  }
  const masked = Object.entries(guard.masked_entity_count ?? {}).filter(([, count]) => count > 0);
  return masked.slice(0, 20).map(([entity, count]) => ({
    detector,
    rule: clip(entity, 500),
    category: 'data_leak',
    severity: 'low',
    message: clip(`${name} masked ${count} × ${entity}`, 4_000),
  }));
}
