import type { Sampling } from '#sdk/decision';
import { inputOf, textsOf } from '#sdk/integrations/openai-answer';
import { OWN_ROLES, type Place, placesIn } from '#sdk/integrations/text-places';
import { isRecord } from './identity.ts';

/**
 * Where users and tools put text into a chat, completion, embedding or messages request; null for a prompt of tokens,
 * which nobody can read here.
 */
export function requestPlaces(body: unknown): Place[] | null {
  if (!isRecord(body)) return [];
  if ([body.prompt, body.input].some(isTokens)) return null;
  const messages = list(body.messages).filter(isRecord);
  return [
    ...messages.flatMap((message) => (OWN_ROLES.has(message.role) ? [] : wordsIn(message, 'content'))),
    ...wordsIn(body, 'prompt'),
    ...wordsIn(body, 'suffix'),
    ...wordsIn(body, 'input'),
  ];
}

const isTokens = (value: unknown): boolean =>
  Array.isArray(value) && value.some((part) => typeof part === 'number' || isTokens(part));

/** Where an answer holds text: every choice of OpenAI's two shapes, every block of Anthropic's. */
export function responsePlaces(body: unknown): Place[] {
  if (!isRecord(body)) return [];
  const choices = list(body.choices).filter(isRecord);
  return [
    ...choices.flatMap((choice) => [
      ...wordsIn(choice, 'text'),
      ...(isRecord(choice.message) ? messagePlaces(choice.message) : []),
    ]),
    ...wordsIn(body, 'content'),
  ];
}

/** Each text of a message, by whatever field: words, reasoning, a refusal, what was said aloud. */
function messagePlaces(message: Record<string, unknown>): Place[] {
  return [
    ...textsOf(message).flatMap(([field]) => wordsIn(message, field)),
    ...(isRecord(message.audio) ? wordsIn(message.audio, 'transcript') : []),
  ];
}

/** What the answer's tool calls would be called with, as text. */
export function toolInputs(body: unknown): string[] {
  if (!isRecord(body)) return [];
  const messages = list(body.choices).flatMap((choice) =>
    isRecord(choice) && isRecord(choice.message) ? [choice.message] : [],
  );
  const openai = messages.flatMap((message) => [
    ...list(message.tool_calls),
    ...(isRecord(message.function_call) ? [{ function: message.function_call }] : []),
  ]);
  const anthropic = list(body.content).flatMap((block) =>
    isRecord(block) && String(block.type).endsWith('tool_use') ? [JSON.stringify(block.input ?? {})] : [],
  );
  return [...openai.flatMap(argumentsOf), ...anthropic];
}

/** The arguments of one tool call in OpenAI's shapes. */
export function argumentsOf(call: unknown): string[] {
  const input = isRecord(call) ? inputOf(call) : '';
  return input === '' ? [] : [input];
}

/** The sampling parameters that a request names. */
export function samplingOf(body: unknown): Sampling {
  if (!isRecord(body)) return {};
  const given = { temperature: body.temperature, topP: body.top_p, candidates: body.n };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => typeof value === 'number'));
}

/** The same body with other sampling parameters. */
export function withSampling(body: unknown, { temperature, topP, candidates }: Sampling): unknown {
  if (!isRecord(body)) return body;
  return {
    ...body,
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    ...(candidates !== undefined && { n: candidates }),
  };
}

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** Where words are: an empty text has none. */
const wordsIn = (holder: Record<string, unknown>, key: string) =>
  placesIn(holder, key).filter(({ text }) => text !== '');
