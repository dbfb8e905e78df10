import type { Decision } from '../decision.ts';
import type { Context, Enforcer } from './exchange.ts';

/**
 * One text that goes through a guard piece by piece, with what stands in it as JSON; `onText` gets what may be shown, in
 * order.
 */
export class GuardedText {
  readonly #writer: WritableStreamDefaultWriter<string>;
  readonly #reading: Promise<void>;
  readonly #decision: Promise<Decision>;
  #stopped: Decision | undefined;
  #isCancelled = false;

  constructor(guard: Enforcer, context: Context, onText: (text: string) => void) {
    const stream = guard.stream(context, { json: true });
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
    this.#isCancelled = true;
    this.#writer.abort(reason).catch(() => undefined);
  }

  // A stream that a rule has stopped refuses what is written after it.
  async #unlessStopped(error: unknown): Promise<void> {
    const decision = await this.#decision;
    if (decision.verdict !== 'block' && !this.#isCancelled) throw error;
  }
}

async function read(readable: ReadableStream<string>, onText: (text: string) => void): Promise<void> {
  const reader = readable.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) onText(next.value);
}
