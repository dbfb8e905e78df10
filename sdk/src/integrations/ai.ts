import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Content,
  LanguageModelV4GenerateResult,
  LanguageModelV4Middleware,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from '@ai-sdk/provider';
import { partsGuard } from './ai-parts.ts';
import { callerOf } from './caller.ts';
import {
  type Context,
  decidePrompt,
  decideText,
  type Enforcer,
  type OnUnreadable,
  STOPPED,
  servedText,
  stopsToolCall,
  unreadableWords,
} from './exchange.ts';
import { requestTexts } from './request-texts.ts';

interface MiddlewareOptions {
  /** What else is known of a call: tenant, tier, language, surface, feature. The model's id is known already. */
  context?: (call: { params: LanguageModelV4CallOptions; model: LanguageModelV4 }) => Context;
  /** What becomes of a call with a picture or a file that is no text: counted (the default), or refused as well. */
  onUnreadable?: OnUnreadable;
}

const STOPPED_REASON = { unified: 'content-filter', raw: 'stopgap' } as const;
const NO_TOKENS: LanguageModelV4Usage = {
  inputTokens: { total: 0, noCache: 0, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 0, text: 0, reasoning: 0 },
};

/** Who asks, as far as the call's headers or its options for a service say. */
function callerIn({ headers, providerOptions }: LanguageModelV4CallOptions): Context {
  const actor = callerOf((name) => headers?.[name], ...Object.values(providerOptions ?? {}));
  return actor === undefined ? {} : { actor };
}

/** A call whose texts may be changed without changing it for whoever made it; bytes and addresses stay the same. */
function copyOf<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copyOf) as T;
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, copyOf(each)])) as T;
}

/**
 * Enforces a guard's rules on every call of a model of the `ai` package: `wrapLanguageModel({ model, middleware })`.
 * Prompts are decided before the model runs, answers before they are seen, streamed or not, and what tools are
 * called with before it is handed on. Sampling parameters are held to what rules say.
 */
export function stopgapMiddleware(
  guard: Enforcer,
  options: MiddlewareOptions = {},
): LanguageModelV4Middleware {
  const contextOf = (call: { params: LanguageModelV4CallOptions; model: LanguageModelV4 }): Context => ({
    id: crypto.randomUUID(),
    model: call.model.modelId,
    ...callerIn(call.params),
    ...options.context?.(call),
  });

  /** The call as it may go to the model, or the words that stand in for its answer. */
  const prepare = (params: LanguageModelV4CallOptions, context: Context) => {
    const asked = copyOf({
      messages: params.prompt,
      tools: params.tools,
      responseFormat: params.responseFormat,
    });
    const { texts, unread } = requestTexts(asked, false);
    const sampling = { temperature: params.temperature, topP: params.topP };
    const given = Object.fromEntries(Object.entries(sampling).filter(([, value]) => value !== undefined));
    const outcome = decidePrompt(guard, { ...context, sampling: given }, texts);
    const fields = outcome.isTooDeep ? [...unread, 'json'] : unread;
    guard.coverage?.('ai', 'request', { unread: fields });
    if (outcome.blocked) return { message: outcome.message };
    if (fields.length > 0 && options.onUnreadable === 'refuse') return { message: unreadableWords(fields) };
    const { temperature, topP } = outcome.sampling ?? given;
    const changed = outcome.texts.some((text, index) => text !== texts[index]?.text);
    outcome.texts.forEach((text, index) => {
      if (text !== texts[index]?.text) texts[index]?.set(text);
    });
    return {
      params: {
        ...params,
        ...(temperature !== undefined && { temperature }),
        ...(topP !== undefined && { topP }),
        ...(changed && { prompt: asked.messages }),
      },
    };
  };

  return {
    specificationVersion: 'v4',

    wrapGenerate: async ({ params, model }) => {
      const context = contextOf({ params, model });
      const ready = prepare(params, context);
      if (ready.message !== undefined) {
        return {
          content: [{ type: 'text', text: ready.message }],
          finishReason: STOPPED_REASON,
          usage: NO_TOKENS,
          warnings: [],
        };
      }
      return servedResult(guard, context, await model.doGenerate(ready.params));
    },

    wrapStream: async ({ params, model }) => {
      const context = contextOf({ params, model });
      const ready = prepare(params, context);
      if (ready.message !== undefined) return { stream: stoppedStream(ready.message) };
      const { stream, ...rest } = await model.doStream(ready.params);
      return { ...rest, stream: stream.pipeThrough(partsGuard(guard, context)) };
    },
  };
}

const textOf = (content: readonly LanguageModelV4Content[]) =>
  content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('');

/** The service's own body and its log probabilities still say what was removed. */
const withoutBody = (result: LanguageModelV4GenerateResult): LanguageModelV4GenerateResult => ({
  ...result,
  structuredOutputText: undefined,
  providerMetadata: undefined,
  ...(result.response && { response: { ...result.response, body: undefined } }),
});

function servedResult(
  guard: Enforcer,
  context: Context,
  result: LanguageModelV4GenerateResult,
): LanguageModelV4GenerateResult {
  const stopped = (message: string): LanguageModelV4GenerateResult => ({
    ...withoutBody(result),
    content: [{ type: 'text', text: message }],
    finishReason: STOPPED_REASON,
  });
  for (const part of result.content) {
    if (part.type !== 'tool-call') continue;
    const decision = decideText(guard, context, part.input, { more: [part.toolName] });
    if (stopsToolCall(decision)) return stopped(decision.message ?? STOPPED);
  }
  const content: LanguageModelV4Content[] = [];
  for (const part of result.content) {
    if (part.type !== 'reasoning') {
      content.push(part);
      continue;
    }
    const decision = guard.decide({ ...context, completion: part.text });
    const text = servedText(decision, part.text);
    if (decision.verdict === 'block') return stopped(text);
    content.push(text === part.text ? part : { ...part, text });
  }
  const isChanged = content.some((part, index) => part !== result.content[index]);
  const text = textOf(content);
  if (text === '') return isChanged ? { ...withoutBody(result), content } : result;
  const decision = decideText(guard, context, text);
  const served = servedText(decision, text);
  if (decision.verdict === 'block') return stopped(served);
  if (served === text) return isChanged ? { ...withoutBody(result), content } : result;
  // The first text carries the new words; where else a removed place began cannot be told.
  const others = content.filter((part) => part.type !== 'text');
  return { ...withoutBody(result), content: [{ type: 'text', text: served }, ...others] };
}

function stoppedStream(message: string): ReadableStream<LanguageModelV4StreamPart> {
  return new ReadableStream({
    start: (controller) => {
      controller.enqueue({ type: 'stream-start', warnings: [] });
      controller.enqueue({ type: 'text-start', id: 'stopgap' });
      controller.enqueue({ type: 'text-delta', id: 'stopgap', delta: message });
      controller.enqueue({ type: 'text-end', id: 'stopgap' });
      controller.enqueue({ type: 'finish', finishReason: STOPPED_REASON, usage: NO_TOKENS });
      controller.close();
    },
  });
}
