import type { RawRow } from '#lib/interactions/batch';
import { type Adapted, scalar } from './adapted.ts';
import { fields, parsedJson } from './chat.ts';
import { eachRecord, exchangeItem } from './exchange-row.ts';
import { MAPPING_VERSION } from './guardrail-mapping.ts';
import { readBodies } from './provider-bodies.ts';

/**
 * Requests and answers of OpenAI (chat, completions, responses), Anthropic, Gemini and Bedrock as they went over the
 * wire, each a whole interaction: `{ id?, time?, user?, request, response }`, a line of OpenAI's, Anthropic's or Gemini's
 * batch results, or an answer alone.
 */
export function fromProvider(rows: RawRow[]): Adapted {
  const items = eachRecord(rows, (record, index) => {
    const { sent, came } = bodiesOf(record);
    const bodies = readBodies(sent, came);
    const { request, response } = bodies;
    const metadata = fields(parsedJson(record.metadata));
    return exchangeItem(index, {
      ...bodies.exchange,
      format: 'provider',
      mapping: MAPPING_VERSION,
      ids: [
        record.id,
        record.custom_id,
        record.key,
        record.request_id,
        record.requestId,
        response.id,
        response.responseId,
      ],
      times: [
        record.occurredAt,
        record.time,
        record.timestamp,
        record.created_at,
        record.createdAt,
        record.created,
      ].concat([response.created, response.created_at, response.createTime]),
      models: [request.model, response.model, response.modelVersion, record.model, record.modelId],
      versions: [response.model, response.modelVersion],
      actors: [
        record.user,
        record.user_id,
        record.userId,
        metadata.user_id,
        metadata.user,
        ...bodies.exchange.actors,
      ],
      tenants: [record.tenant, metadata.tenant],
      tiers: [record.tier, metadata.tier],
    });
  });
  return { mapping: MAPPING_VERSION, items, rows: new Map() };
}

/** Where a record has its request and its answer; without either name the record itself is the answer. */
function bodiesOf(record: Record<string, unknown>): { sent: unknown; came: unknown } {
  const sent = parsedJson(record.request ?? record.params ?? record.requestBody ?? record.input_body);
  const given = parsedJson(record.response ?? record.result ?? record.responseBody ?? record.output_body);
  if (sent === undefined && given === undefined) {
    const isAsked = ['messages', 'contents', 'input', 'prompt'].some((name) => name in record);
    return isAsked && scalar(record.object) !== 'response'
      ? { sent: record, came: undefined }
      : { sent: undefined, came: record };
  }
  // Batches wrap the answer once more, and an error stands beside it.
  const wrapped = fields(given);
  const came = parsedJson(
    wrapped.body ?? (wrapped.type === 'succeeded' ? wrapped.message : undefined) ?? given,
  );
  const error = record.error ?? undefined;
  const request = fields(sent);
  return {
    sent: parsedJson(request.body) ?? sent,
    came: error === undefined || fields(came) !== came ? (came ?? { error }) : { ...fields(came), error },
  };
}
