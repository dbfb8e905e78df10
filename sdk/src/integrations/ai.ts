import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Content,
  LanguageModelV4GenerateResult,
  LanguageModelV4Middleware,
  LanguageModelV4Prompt,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from '@ai-sdk/provider';
import { partsGuard } from './ai-parts.ts';
import {
  type Context,
  decidePrompt,
  type Enforcer,
  STOPPED,
  servedText,
  stopsToolCall,
  toolWords,
} from './exchange.ts';

export interface MiddlewareOptions {
  /** What else is known of a call: tenant, tier, language, surface, feature. The model's id is known already. */
  context?: (call: { params: LanguageModelV4CallOptions; model: LanguageModelV4 }) => Context;
}

const STOPPED_REASON = { unified: 'content-filter', raw: 'stopgap' } as const;
const NO_TOKENS: LanguageModelV4Usage = {
  inputTokens: { total: 0, noCache: 0, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 0, text: 0, reasoning: 0 },
};

type Place = { message: number; part: number };

/** The texts that a user or a tool put into the prompt, and where; the system prompt is the operator's own. */
function promptTexts(prompt: LanguageModelV4Prompt): { texts: string[]; places: Place[] } {
  const texts: string[] = [];
  const places: Place[] = [];
  prompt.forEach(({ role, content }, message) => {
    if (role === 'system' || role === 'assistant') return;
    content.forEach((part, index) => {
      const text =
        part.type === 'text' ? part.text : part.type === 'tool-result' ? toolText(part.output) : null;
      if (text === null) return;
      texts.push(text);
      places.push({ message, part: index });
    });
  });
  return { texts, places };
}

function toolText(output: { type: string; value?: unknown }): string | null {
  if (output.type === 'text' || output.type === 'error-text') return String(output.value);
  return output.value === undefined ? null : JSON.stringify(output.value);
}

/** The prompt with other words in these places; a tool's result becomes plain text. */
function withTexts(prompt: LanguageModelV4Prompt, places: Place[], texts: string[]): LanguageModelV4Prompt {
  const next = structuredClone(prompt);
  places.forEach(({ message, part }, index) => {
    const content = next[message]?.content;
    const target = Array.isArray(content) ? content[part] : undefined;
    const text = texts[index] ?? '';
    if (target?.type === 'text') target.text = text;
    if (target?.type === 'tool-result') target.output = { type: 'text', value: text };
  });
  return next;
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
    ...options.context?.(call),
  });

  /** The call as it may go to the model, or the words that stand in for its answer. */
  const prepare = (params: LanguageModelV4CallOptions, context: Context) => {
    const { texts, places } = promptTexts(params.prompt);
    const sampling = { temperature: params.temperature, topP: params.topP };
    const given = Object.fromEntries(Object.entries(sampling).filter(([, value]) => value !== undefined));
    const outcome = decidePrompt(guard, { ...context, sampling: given }, texts);
    if (outcome.blocked) return { message: outcome.message };
    const { temperature, topP } = outcome.sampling ?? given;
    const changed = outcome.texts.some((text, index) => text !== texts[index]);
    return {
      params: {
        ...params,
        ...(temperature !== undefined && { temperature }),
        ...(topP !== undefined && { topP }),
        ...(changed && { prompt: withTexts(params.prompt, places, outcome.texts) }),
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
    const decision = guard.decide({ ...context, completion: toolWords(part.input) });
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
  const decision = guard.decide({ ...context, completion: text });
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
