import type { Sampling } from '#sdk/decision';
import { isRecord } from './identity.ts';

/** One text inside a body, and how to put another in its place. */
export interface Place {
  text: string;
  set(text: string): void;
}

/** Who wrote it: the system prompt is the operator's own and no rule looks at it. */
const JUDGED = new Set(['user', 'tool', 'function']);

/** Where users and tools put text into a chat, completion, embedding or messages request. */
export function requestPlaces(body: unknown): Place[] {
  if (!isRecord(body)) return [];
  const messages = list(body.messages).filter(isRecord);
  return [
    ...messages.flatMap((message) => (JUDGED.has(String(message.role)) ? placesIn(message, 'content') : [])),
    ...placesIn(body, 'prompt'),
    ...placesIn(body, 'input'),
  ];
}

/** Where an answer holds text: every choice of OpenAI's two shapes, every block of Anthropic's. */
export function responsePlaces(body: unknown): Place[] {
  if (!isRecord(body)) return [];
  const choices = list(body.choices).filter(isRecord);
  return [
    ...choices.flatMap((choice) => [
      ...placesIn(choice, 'text'),
      ...(isRecord(choice.message) ? placesIn(choice.message, 'content') : []),
    ]),
    ...placesIn(body, 'content'),
  ];
}

/** What the answer's tool calls would be called with, as text. */
export function toolInputs(body: unknown): string[] {
  if (!isRecord(body)) return [];
  const messages = list(body.choices).flatMap((choice) =>
    isRecord(choice) && isRecord(choice.message) ? [choice.message] : [],
  );
  const openai = messages.flatMap((message) => list(message.tool_calls)).flatMap(argumentsOf);
  const anthropic = list(body.content).flatMap((block) =>
    isRecord(block) && block.type === 'tool_use' ? [JSON.stringify(block.input ?? {})] : [],
  );
  return [...openai, ...anthropic];
}

/** The arguments of one tool call in OpenAI's shape. */
export function argumentsOf(call: unknown): string[] {
  const input = isRecord(call) && isRecord(call.function) ? call.function.arguments : undefined;
  return typeof input === 'string' ? [input] : [];
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
    return isRecord(part) ? [...placesIn(part, 'text'), ...placesIn(part, 'content')] : [];
  });
}
