import type { Sampling } from '#sdk/decision';
import { inputOf, textsOf } from '#sdk/integrations/openai-answer';
import { isRecord } from './identity.ts';

/** One text inside a body, and how to put another in its place. */
export interface Place {
  text: string;
  set(text: string): void;
}

/** What the operator or the model has written. Any other role counts as a user's, whatever it is called. */
const OWN = new Set<unknown>(['system', 'developer', 'assistant']);

/**
 * Where users and tools put text into a chat, completion, embedding or messages request; null for a prompt of tokens,
 * which nobody can read here.
 */
export function requestPlaces(body: unknown): Place[] | null {
  if (!isRecord(body)) return [];
  if ([body.prompt, body.input].some(isTokens)) return null;
  const messages = list(body.messages).filter(isRecord);
  return [
    ...messages.flatMap((message) => (OWN.has(message.role) ? [] : placesIn(message, 'content'))),
    ...placesIn(body, 'prompt'),
    ...placesIn(body, 'suffix'),
    ...placesIn(body, 'input'),
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
      ...placesIn(choice, 'text'),
      ...(isRecord(choice.message) ? messagePlaces(choice.message) : []),
    ]),
    ...placesIn(body, 'content'),
  ];
}

/** Each text of a message, by whatever field: words, reasoning, a refusal, what was said aloud. */
function messagePlaces(message: Record<string, unknown>): Place[] {
  return [
    ...textsOf(message).flatMap(([field]) => placesIn(message, field)),
    ...(isRecord(message.audio) ? placesIn(message.audio, 'transcript') : []),
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

/** A string, a list of strings, or a list of parts with `text` or with such content of their own. */
function placesIn(holder: Record<string, unknown>, key: string): Place[] {
  const value = holder[key];
  if (typeof value === 'string') {
    const set = (text: string) => {
      holder[key] = text;
    };
    return value === '' ? [] : [{ text: value, set }];
  }
  if (!Array.isArray(value)) return [];
  return value.flatMap((part, index): Place[] => {
    if (typeof part === 'string') {
      const set = (text: string) => {
        value[index] = text;
      };
      return part === '' ? [] : [{ text: part, set }];
    }
    return isRecord(part) ? partPlaces(part) : [];
  });
}

/** A part of a message: its words, its reasoning, a list of parts, or a document that is text itself. */
function partPlaces(part: Record<string, unknown>): Place[] {
  const { source } = part;
  const document = isRecord(source)
    ? [...(source.type === 'text' ? placesIn(source, 'data') : []), ...placesIn(source, 'content')]
    : [];
  return [...['text', 'thinking', 'content'].flatMap((field) => placesIn(part, field)), ...document];
}
