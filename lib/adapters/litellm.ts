import type { Finding } from '#lib/findings/schema';
import type { RawRow } from '#lib/interactions/batch';
import { type Adapted, type AdaptedItem, clip, scalar, storableText } from './adapted.ts';
import { fields, list, parsedJson } from './chat.ts';
import { readAnswer, readPrompt } from './conversation.ts';
import { eachRecord, exchangeItem } from './exchange-row.ts';
import { guardrailMeaning, MAPPING_VERSION, PASSED_STATUSES, SILENT_STATUSES } from './guardrail-mapping.ts';
import { providerVerdicts } from './provider-verdicts.ts';

// litellm/litellm_core_utils/redact_messages.py
const REDACTED = 'redacted-by-litellm';

/**
 * LiteLLM's log records, each a whole interaction (docs.litellm.ai, "StandardLoggingPayload Specification", and
 * litellm/types/utils.py); also as the `standard_logging_object` of a callback's arguments.
 */
export function fromLiteLlm(rows: RawRow[]): Adapted {
  const items = eachRecord(rows, (payload, index) => itemOf(index, payload), payloadOf);
  return { mapping: MAPPING_VERSION, items, rows: new Map() };
}

function payloadOf(value: unknown): Record<string, unknown> {
  const record = fields(value);
  return fields(parsedJson(record.standard_logging_object ?? record));
}

function itemOf(index: number, payload: Record<string, unknown>): AdaptedItem {
  const metadata = fields(parsedJson(payload.metadata));
  const parameters = fields(parsedJson(payload.model_parameters));
  const requester = fields(metadata.requester_metadata);
  const [messages, response] = [payload.messages, payload.response].map(parsedJson);
  // A list of messages may lie in an object with what else was asked.
  const request = fields(messages);
  const inner = [request.messages, request.input, request.contents].find((each) => each !== undefined);
  const asked = readPrompt(inner ?? messages, inner === undefined ? undefined : request.system);
  // A request that failed, as one that a guardrail blocked, has words of its own.
  const failure = scalar(fields(payload.error_information).error_message, payload.error_str);
  const answer = fields(response);
  const isAnswered =
    typeof response === 'string' ? response !== '' : Object.keys(Object(response)).length > 0;
  const answered = readAnswer(isAnswered || failure === undefined ? response : { error: failure });
  const { findings, silent } = guardsOf(
    payload.guardrail_information ?? metadata.standard_logging_guardrail_information,
  );
  const found = [...findings, ...providerVerdicts(response, { error: payload.error_information })];
  const isRedacted = [asked, answered].some(({ text }) => text.includes(REDACTED));
  if (isRedacted && found.length === 0) {
    const why = 'messages: are redacted by LiteLLM; turn its message logging on.';
    return { index, id: scalar(payload.id) ?? null, kind: 'refused', why };
  }
  return exchangeItem(index, {
    format: 'litellm',
    mapping: MAPPING_VERSION,
    ids: [payload.id, payload.litellm_call_id, payload.trace_id, answer.id],
    times: [
      payload.startTime,
      payload.completionStartTime,
      payload.endTime,
      answer.created,
      answer.created_at,
    ],
    models: [payload.model_group, payload.model, answer.model],
    versions: [payload.model, answer.model],
    // Never the key's owner: a service's key serves many people.
    actors: [
      payload.end_user,
      metadata.user_api_key_end_user_id,
      parameters.user,
      requester.user_id,
      requester.user,
    ],
    tenants: [metadata.user_api_key_team_id, metadata.user_api_key_org_id],
    tiers: [],
    // A text completion is what an editor asks for.
    isInline: String(payload.call_type).includes('text_completion'),
    sampling: parameters,
    asked: isRedacted ? hidden(asked.text) : asked,
    answered: isRedacted ? hidden(answered.text) : answered,
    findings: found,
    beside: [
      ['guardrail without an answer', silent],
      ['tool definition', list(parameters.tools).length],
    ],
  });
}

/** A text that the gateway did not write down. */
function hidden(text: string): { text: string; notShown: { what: string; count: number }[] | undefined } {
  if (!text.includes(REDACTED)) return { text, notShown: undefined };
  return { text: '[redacted text: not shown]', notShown: [{ what: 'redacted text', count: 1 }] };
}

/**
 * What guardrails said, one in an object or many in a list; `silent`: how many did not answer. Their responses stay out:
 * they hold prompts and bearer tokens (BerriAI/litellm#20240).
 */
function guardsOf(information: unknown): { findings: Finding[]; silent: number } {
  const guards = [parsedJson(information) ?? []]
    .flat(8)
    .filter((each) => each !== null && each !== undefined);
  const read = guards.map(guardOf);
  return {
    findings: read.flatMap(({ findings }) => findings),
    silent: read.filter(({ isSilent }) => isSilent).length,
  };
}

function guardOf(guard: unknown): { findings: Finding[]; isSilent: boolean } {
  const said = typeof guard === 'object' ? fields(guard) : { guardrail_status: guard };
  const provider = scalar(said.guardrail_provider) ?? '';
  const name = scalar(said.guardrail_name, list(said.guardrail_name)[0], provider) ?? 'guardrail';
  const status = scalar(said.guardrail_status, said.status)?.toLowerCase() ?? '';
  const violations = [said.violation_categories ?? []].flat().flatMap((each) => {
    const own = fields(each);
    return scalar(each, own.name, own.category, own.type, own.id) ?? [];
  });
  const stepped = !PASSED_STATUSES.includes(status) && !SILENT_STATUSES.includes(status);
  const rules: (string | null)[] = violations.length > 0 ? [...new Set(violations)] : stepped ? [null] : [];
  const masked = Object.entries(fields(said.masked_entity_count)).filter(
    ([, count]) => Number(count) !== 0 && count !== null,
  );
  const make = (rule: string | null, rest: Omit<Finding, 'detector' | 'rule'>): Finding => ({
    detector: storableText(clip(`LiteLLM ${name}`, 500)),
    ...(rule && { rule: storableText(clip(rule, 500)) }),
    ...rest,
    message: storableText(clip(rest.message ?? '', 4_000)),
  });
  return {
    isSilent: rules.length === 0 && masked.length === 0 && SILENT_STATUSES.includes(status),
    findings: [
      ...rules.map((rule) =>
        make(rule, {
          ...guardrailMeaning([rule ?? '', name, provider]),
          message: `${name} stepped in (${status || 'no status'})${rule ? `: ${rule}` : ''}`,
        }),
      ),
      ...masked.map(([entity, count]) =>
        make(entity, {
          category: 'data_leak',
          severity: 'low',
          message: `${name} masked ${scalar(count) ?? 'some'} × ${entity}`,
        }),
      ),
    ],
  };
}
