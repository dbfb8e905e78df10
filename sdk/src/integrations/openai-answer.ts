import { type Context, type Enforcer, STOPPED, servedText, stopsToolCall, toolWords } from './exchange.ts';

/** What is known of an answer beside its words; other fields could hold words that nobody has read. */
const HEAD = ['id', 'object', 'created', 'model', 'system_fingerprint', 'service_tier', 'usage', 'error'];
export type Fields = Record<string, unknown>;

export const headOf = (body: Fields): Fields =>
  Object.fromEntries(HEAD.flatMap((name) => (name in body ? [[name, body[name]]] : [])));

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The fields of a message, or of a piece of one, that are no text of the model's. */
const NO_TEXT = new Set(['role', 'tool_calls', 'function_call']);

/** What the model says by a field: a text, or parts of which some are. */
export function spoken(value: unknown): string {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return '';
  return value
    .map((part: unknown) => (isFields(part) && typeof part.text === 'string' ? part.text : ''))
    .join('');
}

/** Each text of a message by its field: words, reasoning, a refusal, whatever else a service calls one. */
export const textsOf = (message: Fields): [field: string, text: string][] =>
  Object.entries(message).flatMap(([field, value]) => {
    const text = NO_TEXT.has(field) ? '' : spoken(value);
    return text === '' ? [] : [[field, text]];
  });

export type ToolCall = {
  index?: number;
  function?: { arguments?: unknown };
  custom?: { input?: unknown };
};

/** What a tool is called with, or a piece of it. */
export function inputOf(call: ToolCall): string {
  const input = call.function?.arguments ?? call.custom?.input ?? '';
  return typeof input === 'string' ? input : JSON.stringify(input);
}

/** One choice of a whole answer as it may be served. */
export function decideChoice(choice: Fields, guard: Enforcer, context: Context): Fields {
  const message = isFields(choice.message) ? choice.message : null;
  const { index, finish_reason, logprobs } = choice;
  const stopped = (words: string): Fields => ({
    index,
    finish_reason: 'content_filter',
    ...(message ? { message: { role: message.role, content: words } } : { text: words }),
  });
  const calls = (Array.isArray(message?.tool_calls) ? message.tool_calls : []) as ToolCall[];
  const called = isFields(message?.function_call) ? [{ function: message.function_call } as ToolCall] : [];
  for (const call of [...calls, ...called]) {
    const decision = guard.decide({ ...context, completion: toolWords(inputOf(call)) });
    if (stopsToolCall(decision)) return stopped(decision.message ?? STOPPED);
  }
  const served: Fields = {};
  let changed = false;
  for (const [field, text] of textsOf(message ?? { text: choice.text })) {
    const decision = guard.decide({ ...context, completion: text });
    if (decision.verdict === 'block') return stopped(servedText(decision, text));
    served[field] = servedText(decision, text);
    changed ||= served[field] !== text;
  }
  // They spell out what was said.
  const odds = changed || logprobs === undefined ? {} : { logprobs };
  if (!message) return { index, finish_reason, ...odds, text: served.text ?? '' };
  const { role, tool_calls, function_call } = message;
  const kept = Object.entries({ role, tool_calls, function_call }).filter(([, value]) => value !== undefined);
  const empty = 'content' in message ? { content: message.content === '' ? '' : null } : {};
  return { index, finish_reason, ...odds, message: { ...empty, ...Object.fromEntries(kept), ...served } };
}
