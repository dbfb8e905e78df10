import type { Decision } from './decision.ts';
import { breakAfter } from './effects.ts';
import type { Judge } from './stream-judge.ts';

export interface StreamOptions {
  /**
   * What the reader gets when a rule ends the answer: what had been released and then a normal `end` (unless told
   * otherwise), the rule's `message` before it, or an `error`, a `BlockedError`.
   */
  blocked?: 'end' | 'message' | 'error';
  /** Told as soon as a rule ends the answer, before the reader is. */
  onBlock?: (decision: Decision) => void;
  /**
   * Whether each string of JSON in the answer is judged too, as its reader reads it: by itself, with its escapes resolved,
   * and what is encoded in it. From there nothing can be removed, so a rule that redacts blocks. The integrations do this.
   */
  json?: boolean;
  /** Whether a warning is written behind the answer it is about, after a blank line; otherwise it is only in the decision. */
  warning?: 'append' | 'none';
}

/** Characters are UTF-16 code units. */
export interface StreamProgress {
  /** Pieces of text that came. */
  chunks: number;
  /** Characters of the answer let through, and those of them that not every rule in scope had seen: 0 unless one failed. */
  released: number;
  unscanned: number;
  /** Characters looked at; those around a cut count again. */
  scanned: number;
  /** The most that was held back at a time. */
  held: number;
}

/** A `TransformStream` that lets an answer through as far as no rule can still hit it. */
export interface GuardStream extends TransformStream<string, string> {
  /** What was decided of the answer; of a stream that was cancelled, of what had come of it. Never rejects. */
  readonly decision: Promise<Decision>;
  readonly progress: Readonly<StreamProgress>;
}

/** A rule ended the answer. */
export class BlockedError extends Error {
  readonly decision: Decision;

  constructor(decision: Decision) {
    super(decision.message ?? 'A safety rule ended this answer.');
    this.name = 'BlockedError';
    this.decision = decision;
  }
}

interface StreamListener {
  /** After each piece, with what it added. */
  onChunk(added: { chunks: number; released: number; unscanned: number }): void;
  /** Once, however the stream ends. */
  onDone(decision: Decision): void;
}

/** Puts a judge between a writer and a reader. Back-pressure is that of the web's streams: one piece is under way at a time. */
export function createGuardStream(
  judge: Judge,
  listener: StreamListener,
  options: StreamOptions = {},
): GuardStream {
  const { blocked = 'end', warning = 'append', onBlock } = options;
  let chunks = 0;
  let told = { released: 0, unscanned: 0 };
  let settle: (decision: Decision) => void = () => undefined;
  const decision = new Promise<Decision>((resolve) => {
    settle = resolve;
  });
  let done = false;
  let shown = '';
  const finish = (): Decision => {
    const result = judge.decision();
    if (!done) {
      done = true;
      listener.onDone(result);
      settle(result);
    }
    return result;
  };
  const count = (pieces: number) => {
    const { released, unscanned } = judge.counters;
    chunks += pieces;
    listener.onChunk({
      chunks: pieces,
      released: released - told.released,
      unscanned: unscanned - told.unscanned,
    });
    told = { released, unscanned };
  };
  const show = (text: string, controller: TransformStreamDefaultController<string>) => {
    if (text === '') return;
    controller.enqueue(text);
    shown = text;
  };
  /** The reader's end; the writer's next write is refused. */
  const stop = (controller: TransformStreamDefaultController<string>) => {
    const result = finish();
    try {
      onBlock?.(result);
    } catch {
      // A listener's fault must not let the answer through.
    }
    if (blocked === 'error') {
      controller.error(new BlockedError(result));
      return;
    }
    if (blocked === 'message' && result.message !== undefined) {
      controller.enqueue(breakAfter(shown) + result.message);
    }
    controller.terminate();
  };

  const transformer: Transformer<string, string> & { cancel: () => void } = {
    transform: (piece, controller) => {
      const text = judge.write(String(piece));
      count(1);
      show(text, controller);
      if (judge.stopped) stop(controller);
    },
    flush: (controller) => {
      const text = judge.end();
      count(0);
      show(text, controller);
      if (judge.stopped) {
        stop(controller);
        return;
      }
      const result = finish();
      if (warning === 'append' && result.verdict === 'warn' && result.message !== undefined) {
        controller.enqueue(breakAfter(shown) + result.message);
      }
    },
    // The reader has gone, or the writer has given up.
    cancel: () => {
      finish();
    },
  };
  return Object.assign(new TransformStream<string, string>(transformer), {
    decision,
    progress: {
      get chunks() {
        return chunks;
      },
      get released() {
        return judge.counters.released;
      },
      get unscanned() {
        return judge.counters.unscanned;
      },
      get scanned() {
        return judge.counters.scanned;
      },
      get held() {
        return judge.counters.held;
      },
    },
  });
}
