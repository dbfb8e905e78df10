import type { Decision } from '../decision.ts';
import { createSseParser } from '../sse.ts';
import { type Context, type Enforcer, GuardedText, STOPPED, stopsToolCall } from './exchange.ts';

type ToolCall = { index?: number; function?: { arguments?: unknown } };
type Choice = {
  index?: number;
  text?: unknown;
  delta?: { content?: unknown; tool_calls?: ToolCall[] };
  finish_reason?: unknown;
};
type Chunk = { choices?: Choice[]; [other: string]: unknown };
type Emit = (value: Chunk | '[DONE]') => void;

/**
 * An answer as server-sent events, each choice through a guard of its own. A choice that a rule stops says so and
 * ends with the finish reason `content_filter`; calls of tools wait until they are whole.
 */
export function answerStream(response: Response, guard: Enforcer, context: Context): Response {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  const events: string[] = [];
  const parse = createSseParser(({ data }) => events.push(data));
  let answer: StreamedAnswer | undefined;
  const takeAll = async () => {
    for (const data of events.splice(0)) await answer?.take(data);
  };
  const body = new TransformStream<Uint8Array, Uint8Array>({
    start: (controller) => {
      answer = new StreamedAnswer(guard, context, (value) => {
        const data = value === '[DONE]' ? value : JSON.stringify(value);
        controller.enqueue(encoder.encode(`data: ${data}\n\n`));
      });
    },
    transform: (bytes) => {
      parse(decoder.decode(bytes, { stream: true }));
      return takeAll();
    },
    flush: async () => {
      // A last event without its blank line is still one.
      parse(`${decoder.decode()}\n\n`);
      await takeAll();
      await answer?.end();
    },
  });
  const headers = new Headers(response.headers);
  headers.delete('content-length');
  return new Response(response.body?.pipeThrough(body), { status: response.status, headers });
}

class StreamedAnswer {
  readonly #lanes = new Map<number, Lane>();
  readonly #guard: Enforcer;
  readonly #context: Context;
  readonly #emit: Emit;

  constructor(guard: Enforcer, context: Context, emit: Emit) {
    this.#guard = guard;
    this.#context = context;
    this.#emit = emit;
  }

  async take(data: string): Promise<void> {
    if (data.trim() === '[DONE]') {
      await this.end();
      this.#emit('[DONE]');
      return;
    }
    const chunk = JSON.parse(data) as Chunk;
    if (!Array.isArray(chunk.choices) || chunk.choices.length === 0) this.#emit(chunk);
    else for (const choice of chunk.choices) await this.#laneOf(choice).take(chunk, choice);
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
  readonly #text: GuardedText;
  /** What its words came in: they go out in the same form. */
  #form: Chunk = {};
  /** Calls of tools, chunk by chunk, and what each is called with. */
  readonly #calls: ToolCall[][] = [];
  readonly #inputs = new Map<number, string>();
  #isOver = false;

  constructor(index: number, isChat: boolean, guard: Enforcer, context: Context, emit: Emit) {
    this.#index = index;
    this.#isChat = isChat;
    this.#guard = guard;
    this.#context = context;
    this.#emit = emit;
    this.#text = new GuardedText(guard, context, (text) => this.#say(text));
  }

  async take(chunk: Chunk, choice: Choice): Promise<void> {
    if (this.#isOver) return;
    this.#form = { ...chunk, usage: undefined };
    const { content, tool_calls: calls = [], ...rest } = choice.delta ?? {};
    // The role goes ahead of the words that came with it.
    if (Object.keys(rest).length > 0) this.#send({ delta: rest });
    const words = this.#isChat ? content : choice.text;
    if (typeof words === 'string' && words !== '') {
      const decision = await this.#text.write(words);
      if (decision) {
        this.#stop(decision);
        return;
      }
    }
    if (calls.length > 0) this.#hold(calls);
    if (typeof choice.finish_reason !== 'string') return;
    await this.end();
    if (this.#wasStopped) return;
    this.#emit({ ...chunk, choices: [{ ...choice, index: this.#index, ...this.#words('') }] });
  }

  #wasStopped = false;

  /** Everything of this choice that may be shown goes out. */
  async end(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    const decision = await this.#text.end();
    const calls = [...this.#inputs.values()].map((input) =>
      this.#guard.decide({ ...this.#context, completion: input }),
    );
    const against = decision.verdict === 'block' ? decision : calls.find(stopsToolCall);
    if (against) this.#stop(against);
    else for (const held of this.#calls) this.#send({ delta: { tool_calls: held } });
  }

  #hold(calls: ToolCall[]): void {
    this.#calls.push(calls);
    for (const { index = 0, function: called } of calls) {
      const piece = called?.arguments;
      if (typeof piece === 'string') this.#inputs.set(index, (this.#inputs.get(index) ?? '') + piece);
    }
  }

  #stop({ message = STOPPED }: Decision): void {
    this.#isOver = true;
    this.#wasStopped = true;
    this.#say(message);
    this.#send({ ...this.#words(''), finish_reason: 'content_filter' });
  }

  #words(text: string): Partial<Choice> {
    if (this.#isChat) return { delta: text === '' ? {} : { content: text } };
    return { text };
  }

  #say(text: string): void {
    this.#send(this.#words(text));
  }

  #send(choice: Partial<Choice>): void {
    this.#emit({ ...this.#form, choices: [{ index: this.#index, finish_reason: null, ...choice }] });
  }
}
