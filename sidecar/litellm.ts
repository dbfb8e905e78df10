import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { toolInputOf } from '#sdk/integrations/answer-texts';
import { callerOf } from '#sdk/integrations/caller';
import { type Context, type PromptText, STOPPED } from '#sdk/integrations/exchange';
import { requestTexts } from '#sdk/integrations/request-texts';
import { answerJson, readJson } from './answer.ts';
import type { Contract, Desk } from './contract.ts';
import { parsed, refuseJson } from './decide.ts';
import { GrowingAnswers, type Judged } from './growing-answers.ts';
import { identityFrom, identityFromHeaders, isRecord, merged, word } from './identity.ts';

const PATH = '/beta/litellm_basic_guardrail_api';

/** Every field that is read; LiteLLM adds some with every release, and older releases send no `model`. */
const bodySchema = z.object({
  input_type: z.enum(['request', 'response']),
  texts: z
    .array(
      z
        .string()
        .nullable()
        .transform((text) => text ?? ''),
    )
    .max(10_000)
    .nullish(),
  tool_calls: z.array(z.unknown()).nullish(),
  tools: z.array(z.unknown()).nullish(),
  images: z.array(z.unknown()).nullish(),
  structured_messages: z.array(z.looseObject({})).nullish(),
  request_data: z.record(z.string(), z.unknown()).nullish(),
  litellm_call_id: z.string().max(1_000).nullish(),
  model: z.unknown().optional(),
  request_headers: z.record(z.string(), z.unknown()).nullish(),
  additional_provider_specific_params: z.record(z.string(), z.unknown()).nullish(),
});
type Body = z.infer<typeof bodySchema>;

type Reply = { action: 'NONE' | 'BLOCKED' | 'GUARDRAIL_INTERVENED' } & {
  blocked_reason?: string;
  texts?: string[];
  /** One number per text: LiteLLM drops a bare number without a word. */
  stream_holdback_chars?: number[];
};

/** LiteLLM's generic guardrail API, for requests, whole answers and answers that grow chunk by chunk. */
export function litellmContract(desk: Desk): Contract {
  const growing = new GrowingAnswers(desk.guard);
  return {
    name: 'litellm',
    refuse: refuseJson,
    routes: {
      // LiteLLM appends its path unless the address ends in it.
      [`POST ${PATH}`]: (request, response) => answer(desk, growing, request, response),
    },
  };
}

async function answer(
  desk: Desk,
  growing: GrowingAnswers,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = parsed(bodySchema, await readJson(request));
  const identity = merged(identityOf(body), identityFromHeaders(request.headers));
  const isRequest = body.input_type === 'request';
  const asked = isRequest ? checkRequest(desk, response, body, identity) : undefined;
  const final = asked?.reply ?? checkAnswer(desk, growing, response, body, identity);
  const outcome = final.action.toLowerCase();
  desk.count({ contract: 'litellm', phase: body.input_type, outcome, unread: asked?.unread });
  answerJson(response, 200, final);
}

/** Who asks: what the operator wrote into the guardrail's parameters counts before what LiteLLM knows of the key. */
function identityOf(body: Body): Context {
  const data = body.request_data ?? {};
  const team = word(data.user_api_key_team_alias) ?? word(data.user_api_key_team_id);
  const known: Context = {
    id: word(body.litellm_call_id),
    model: word(body.model),
    tenant: team ?? word(data.user_api_key_org_id),
    actor:
      word(data.user_api_key_end_user_id) ??
      word(data.user_api_key_user_id) ??
      callerOf((name) => body.request_headers?.[name]) ??
      word(data.user_api_key_hash),
  };
  const given = Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
  return merged(identityFrom(body.additional_provider_specific_params), given);
}

function checkRequest(
  desk: Desk,
  response: ServerResponse,
  body: Body,
  identity: Context,
): { reply: Reply; unread: readonly string[] } {
  const all = body.texts ?? [];
  const messages = body.structured_messages ?? [];
  const places = placesIn(all, messages);
  const judged = all.flatMap((_, index) => (places?.[index]?.own ? [] : [index]));
  const texts = judged.map((index): PromptText => {
    const joined = places === null ? 'perhaps' : places[index]?.joined === true && !places[index - 1]?.own;
    return { text: all[index] ?? '', joined };
  });
  // What else is in the messages, such as calls of the history, and what tools are for, cannot be changed here.
  const said = requestTexts({ messages, tools: body.tools }, false);
  const known = new Set(all);
  const rest = said.texts.filter(({ text }) => !known.has(text));
  const calls = callsOf(body).flatMap(({ input, more }) => [input, ...more]);
  const others = [...rest.map(({ text }) => text), ...calls].filter((text) => text !== '');
  const outcome = desk.evaluator.check({
    phase: 'request',
    identity,
    texts: [...texts, ...others.map((text) => ({ text, aside: true, fixed: true }))],
    unread: [...new Set([...said.unread, ...(body.images?.length ? ['image_url'] : [])])],
  });
  desk.note(response, outcome.degraded);
  const { unread = [] } = outcome;
  if (outcome.kind === 'block') {
    return { reply: { action: 'BLOCKED', blocked_reason: outcome.reason }, unread };
  }
  if (outcome.kind === 'pass') return { reply: { action: 'NONE' }, unread };
  const served = [...all];
  judged.forEach((index, place) => {
    served[index] = outcome.texts[place] ?? '';
  });
  return { reply: { action: 'GUARDRAIL_INTERVENED', texts: served }, unread };
}

const callsOf = ({ tool_calls: calls }: Body) => (calls ?? []).filter(isRecord).map(toolInputOf);

/**
 * Where each text stands: in a message of the operator's own, right behind the text before it. Null unless the messages
 * tell of all texts in their order; then all are judged, for a user may say word for word what the operator says.
 */
function placesIn(
  texts: readonly string[],
  messages: readonly Record<string, unknown>[],
): { own: boolean; joined: boolean }[] | null {
  const told = messages.flatMap(({ role, content }) =>
    contentsOf(content).map((text, index) => ({
      text,
      own: role === 'system' || role === 'developer',
      joined: index > 0,
    })),
  );
  const isWhole = told.length === texts.length && told.every(({ text }, index) => text === texts[index]);
  return isWhole ? told : null;
}

function contentsOf(content: unknown): string[] {
  if (typeof content === 'string') return [content];
  if (!Array.isArray(content)) return [];
  return content.flatMap((part: unknown) => {
    const text = typeof part === 'object' && part !== null && 'text' in part ? part.text : undefined;
    return typeof text === 'string' ? [text] : [];
  });
}

function checkAnswer(
  desk: Desk,
  growing: GrowingAnswers,
  response: ServerResponse,
  body: Body,
  identity: Context,
): Reply {
  const texts = body.texts ?? [];
  const tools = desk.evaluator.check({
    phase: 'response',
    identity,
    texts: [],
    calls: callsOf(body),
  });
  desk.note(response, tools.degraded);
  if (tools.kind === 'block') return { action: 'BLOCKED', blocked_reason: tools.reason };
  // The guardrail's own parameter says that each chunk comes here: `streaming_sampling_rate: 1`.
  const everyChunk = body.additional_provider_specific_params?.every_chunk === true;
  const call = word(body.litellm_call_id);
  const attempt = desk.evaluator.attempt(() =>
    texts.map((text, index) =>
      growing.judge(call === undefined ? null : `${call} ${index}`, identity, text, everyChunk),
    ),
  );
  if ('outcome' in attempt) {
    const { outcome } = attempt;
    desk.note(response, outcome.degraded);
    return outcome.kind === 'block'
      ? { action: 'BLOCKED', blocked_reason: outcome.reason }
      : { action: 'NONE' };
  }
  const judged = attempt.value;
  const stopped = judged.find(stops);
  if (stopped) {
    const { message, text } = stopped.decision;
    return { action: 'BLOCKED', blocked_reason: message ?? text ?? STOPPED };
  }
  const holds = judged.map(({ hold }) => hold);
  const changed = judged.some(({ text }, index) => text !== texts[index]);
  const held = everyChunk && holds.some((hold) => hold > 0);
  return {
    action: changed || held ? 'GUARDRAIL_INTERVENED' : 'NONE',
    ...((changed || held) && { texts: judged.map(({ text }) => text) }),
    stream_holdback_chars: holds,
  };
}

/** What has been shown in part cannot be replaced as a whole any more. */
const stops = ({ decision: { verdict }, begun }: Judged) =>
  verdict === 'block' || (verdict === 'replace' && begun);
