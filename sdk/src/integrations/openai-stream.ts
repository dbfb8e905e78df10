import type { Decision } from '../decision.ts';
import { createSseParser } from '../sse.ts';
import { type Context, type Enforcer, GuardedText, STOPPED, stopsToolCall, toolWords } from './exchange.ts';
import { type Fields, headOf, inputOf, isFields, type ToolCall, textsOf } from './openai-answer.ts';

type Choice = {
  index?: number;
  text?: unknown;
  delta?: Fields;
  finish_reason?: unknown;
};
type Chunk = { choices?: Choice[]; [other: string]: unknown };
type Emit = (value: Chunk | '[DONE]') => void;

/**
 * An answer of so many choices as server-sent events, each through a guard of its own. A choice that a rule stops says
 * so and ends with the finish reason `content_filter`; when nothing else is to come the service is cut off. Calls of
 * tools wait until they are whole.
 */
export function answerStream(
  response: Response,
  guard: Enforcer,
  context: Context,
  candidates: number,
): Response {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  const events: string[] = [];
  const parse = createSseParser(({ data }) => events.push(data));
  let answer: StreamedAnswer | undefined;
  const takeAll = async (controller: TransformStreamDefaultController<Uint8Array>) => {
    for (const data of events.splice(0)) {
      await answer?.take(data);
      if (!answer?.isCutShort) continue;
      answer.finish();
      controller.terminate();
      return;
    }
  };
  const transformer: Transformer<Uint8Array, Uint8Array> & { cancel: (reason: unknown) => void } = {
    start: (controller) => {
      answer = new StreamedAnswer(guard, context, candidates, (value) => {
        const data = value === '[DONE]' ? value : JSON.stringify(value);
        controller.enqueue(encoder.encode(`data: ${data}\n\n`));
      });
    },
    transform: (bytes, controller) => {
      parse(decoder.decode(bytes, { stream: true }));
      return takeAll(controller);
    },
    flush: async (controller) => {
      // A last event without its blank line is still one.
      parse(`${decoder.decode()}\n\n`);
      await takeAll(controller);
      await answer?.end();
    },
    // Not known to every Node yet; there the texts are dropped with the stream.
    cancel: (reason) => answer?.cancel(reason),
  };
  const body = new TransformStream<Uint8Array, Uint8Array>(transformer);
  const headers = new Headers(response.headers);
  headers.delete('content-length');
  // What comes out is not packed, whatever came in.
  headers.delete('content-encoding');
  return new Response(response.body?.pipeThrough(body), { status: response.status, headers });
}

class StreamedAnswer {
  readonly #lanes = new Map<number, Lane>();
  readonly #guard: Enforcer;
  readonly #context: Context;
  readonly #candidates: number;
  readonly #emit: Emit;

  constructor(guard: Enforcer, context: Context, candidates: number, emit: Emit) {
    this.#guard = guard;
    this.#context = context;
    this.#candidates = candidates;
    this.#emit = emit;
  }

  /** Whether a rule stopped a choice and every other is over too: what the service goes on to say is for nobody. */
  get isCutShort(): boolean {
    const lanes = [...this.#lanes.values()];
    return (
      lanes.length >= this.#candidates &&
      lanes.every(({ isOver }) => isOver) &&
      lanes.some(({ wasStopped }) => wasStopped)
    );
  }

  finish(): void {
    this.#emit('[DONE]');
  }

  cancel(reason: unknown): void {
    for (const lane of this.#lanes.values()) lane.cancel(reason);
  }

  async take(data: string): Promise<void> {
    if (data.trim() === '[DONE]') {
      await this.end();
      this.finish();
      return;
    }
    const chunk: unknown = JSON.parse(data);
    if (!isFields(chunk)) return;
    const choices = Array.isArray(chunk.choices) ? chunk.choices.filter(isFields) : [];
    if (choices.length === 0) this.#emit({ ...headOf(chunk), choices: [] });
    else for (const choice of choices) await this.#laneOf(choice).take(chunk, choice);
  }

  /** A stream that breaks off without a finish reason still lets go of what it held back. */
  async end(): Promise<void> {
    for (const lane of this.#lanes.values()) await lane.end();
  }

  #laneOf({ index = 0, delta }: Choice): Lane {
    let lane = this.#lanes.get(index);
    if (!lane) {
      lane = new Lane(index, delta !== undefined, this.#guard, this.#context, this.#emit);
      this.#lanes.set(index, lane);
    }
    return lane;
  }
}

/** One choice of the answer. */
class Lane {
  readonly #index: number;
  readonly #isChat: boolean;
  readonly #guard: Enforcer;
  readonly #context: Context;
  readonly #emit: Emit;
  /** Words, reasoning, a refusal: each field is a text of its own. */
  readonly #texts = new Map<string, GuardedText>();
  /** What its words came in: they go out in the same form. */
  #form: Chunk = {};
  /** Calls of tools, chunk by chunk, and what each is called with. */
  readonly #calls: Fields[] = [];
  readonly #inputs = new Map<unknown, string>();
  isOver = false;
  wasStopped = false;

  constructor(index: number, isChat: boolean, guard: Enforcer, context: Context, emit: Emit) {
    this.#index = index;
    this.#isChat = isChat;
    this.#guard = guard;
    this.#context = context;
    this.#emit = emit;
  }

  async take(chunk: Chunk, choice: Choice): Promise<void> {
    if (this.isOver) return;
    this.#form = { ...headOf(chunk), usage: undefined };
    const delta = isFields(choice.delta) ? choice.delta : {};
    // The role goes ahead of the words that came with it.
    if (typeof delta.role === 'string') this.#send({ delta: { role: delta.role } });
    const texts = this.#isChat ? delta : { text: choice.text };
    for (const [field, words] of textsOf(texts)) {
      const decision = await this.#textOf(field).write(words);
      if (!decision) continue;
      this.#stop(decision);
      return;
    }
    this.#hold(delta);
    if (typeof choice.finish_reason !== 'string') return;
    await this.end();
    if (this.wasStopped) return;
    const { finish_reason } = choice;
    this.#emit({ ...headOf(chunk), choices: [{ index: this.#index, finish_reason, ...this.#words('') }] });
  }

  #textOf(field: string): GuardedText {
    let text = this.#texts.get(field);
    if (!text) {
      text = new GuardedText(this.#guard, this.#context, (words) => this.#say(words, field));
      this.#texts.set(field, text);
    }
    return text;
  }

  /** Everything of this choice that may be shown goes out. */
  async end(): Promise<void> {
    if (this.isOver) return;
    this.isOver = true;
    for (const text of this.#texts.values()) {
      const decision = await text.end();
      if (decision.verdict !== 'block') continue;
      this.#stop(decision);
      return;
    }
    const calls = [...this.#inputs.values()].map((input) =>
      this.#guard.decide({ ...this.#context, completion: toolWords(input) }),
    );
    const against = calls.find(stopsToolCall);
    if (against) this.#stop(against);
    else for (const held of this.#calls) this.#send({ delta: held });
  }

  cancel(reason: unknown): void {
    this.isOver = true;
    for (const text of this.#texts.values()) text.cancel(reason);
  }

  #hold({ tool_calls: calls, function_call: called }: Fields): void {
    const add = (key: unknown, call: ToolCall) =>
      this.#inputs.set(key, (this.#inputs.get(key) ?? '') + inputOf(call));
    if (Array.isArray(calls) && calls.length > 0) {
      this.#calls.push({ tool_calls: calls });
      for (const call of calls as ToolCall[]) add(call.index ?? 0, call);
    }
    if (!isFields(called)) return;
    this.#calls.push({ function_call: called });
    add('function_call', { function: called });
  }

  #stop({ message = STOPPED }: Decision): void {
    this.isOver = true;
    this.wasStopped = true;
    this.#say(message);
    this.#send({ ...this.#words(''), finish_reason: 'content_filter' });
  }

  #words(text: string, field = 'content'): Partial<Choice> {
    if (this.#isChat) return { delta: text === '' ? {} : { [field]: text } };
    return { text };
  }

  #say(text: string, field?: string): void {
    this.#send(this.#words(text, field));
  }

  #send(choice: Partial<Choice>): void {
    this.#emit({ ...this.#form, choices: [{ index: this.#index, finish_reason: null, ...choice }] });
  }
}
