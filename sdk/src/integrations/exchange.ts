import type { Decision, DecisionRequest, Sampling } from '../decision.ts';
import { HELD_BACK } from '../effects.ts';
import type { Guard } from '../guard.ts';

/** What an integration needs of a guard. */
export type Enforcer = Pick<Guard, 'decide'> & {
  stream(context: Context): TransformStream<string, string> & { readonly decision: Promise<Decision> };
};

/** What is known of a request before it is read, such as its tenant and tier. */
export type Context = Omit<DecisionRequest, 'prompt' | 'completion'>;

/** What a user reads in place of an answer that was stopped and whose rule says nothing itself. */
export const STOPPED = HELD_BACK;

export type PromptOutcome =
  | { blocked: true; message: string; decision: Decision }
  | { blocked: false; texts: string[]; sampling: Sampling | undefined; decision: Decision };

/**
 * Decides the texts of a prompt as one; where a rule removes something from it, each text comes back without it. A
 * match that lies across two texts cannot be removed from either, so the request is stopped.
 */
export function decidePrompt(guard: Enforcer, context: Context, texts: readonly string[]): PromptOutcome {
  const decision = guard.decide({ ...context, prompt: texts.join('\n\n') });
  const stopped = { blocked: true, message: decision.message ?? STOPPED, decision } as const;
  if (decision.verdict === 'block') return stopped;
  const { sampling } = decision;
  if (decision.prompt === undefined) return { blocked: false, texts: [...texts], sampling, decision };
  if (texts.length === 1) return { blocked: false, texts: [decision.prompt], sampling, decision };
  const cleaned = texts.map((text) => guard.decide({ ...context, prompt: text }).prompt ?? text);
  const left = guard.decide({ ...context, prompt: cleaned.join('\n\n') });
  return left.prompt === undefined && left.verdict !== 'block'
    ? { blocked: false, texts: cleaned, sampling, decision }
    : stopped;
}

/** What to serve for a whole answer. */
export function servedText(decision: Decision, text: string): string {
  switch (decision.verdict) {
    case 'block':
      return decision.message ?? STOPPED;
    case 'warn':
      return decision.message === undefined ? text : `${text}\n\n${decision.message}`;
    default:
      return decision.text ?? text;
  }
}

/**
 * What a tool is called with, as rules read it: as it is written, and then each text in it as the tool will read it,
 * for in JSON a line break is no line break and any letter can be spelled as an escape.
 */
export function toolWords(input: string): string {
  const words: string[] = [input];
  try {
    JSON.parse(input, (_key, value: unknown) => {
      if (typeof value === 'string') words.push(value);
      return value;
    });
  } catch {
    // No JSON: it has no other reading.
  }
  return words.join('\n\n');
}

/** A tool would act on what it is called with, so what cannot be handed on as it is, is not handed on. */
export function stopsToolCall({ verdict }: Decision): boolean {
  return verdict === 'block' || verdict === 'replace' || verdict === 'redact';
}

/** One text that goes through a guard piece by piece; `onText` gets what may be shown, in order. */
export class GuardedText {
  readonly #writer: WritableStreamDefaultWriter<string>;
  readonly #reading: Promise<void>;
  readonly #decision: Promise<Decision>;
  #stopped: Decision | undefined;

  constructor(guard: Enforcer, context: Context, onText: (text: string) => void) {
    const stream = guard.stream(context);
    this.#writer = stream.writable.getWriter();
    this.#decision = stream.decision.then((decision) => {
      if (decision.verdict === 'block') this.#stopped = decision;
      return decision;
    });
    this.#reading = read(stream.readable, onText);
    // Whoever writes hears of a fault; nobody has to listen twice.
    this.#reading.catch(() => undefined);
    this.#decision.catch(() => undefined);
    this.#writer.closed.catch(() => undefined);
  }

  /** Takes the next piece; answers the decision once the text has been stopped. */
  async write(piece: string): Promise<Decision | undefined> {
    if (!this.#stopped) await this.#writer.write(piece).catch((error) => this.#unlessStopped(error));
    return this.#stopped;
  }

  /** Lets go of what was held back; everything that may be shown has been when this resolves. */
  async end(): Promise<Decision> {
    if (!this.#stopped) await this.#writer.close().catch((error) => this.#unlessStopped(error));
    await this.#reading;
    return this.#decision;
  }

  /** Nobody waits for it any more: what was held back is dropped, and the decision is of what had come. */
  cancel(reason?: unknown): void {
    this.#writer.abort(reason).catch(() => undefined);
  }

  // A stream that a rule has stopped refuses what is written after it.
  async #unlessStopped(error: unknown): Promise<void> {
    const decision = await this.#decision;
    if (decision.verdict !== 'block') throw error;
  }
}

async function read(readable: ReadableStream<string>, onText: (text: string) => void): Promise<void> {
  const reader = readable.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) onText(next.value);
}
