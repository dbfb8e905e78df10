import type { Context, Enforcer } from './exchange.ts';
import { GuardedEvents } from './guarded-events.ts';
import { createBlockSplitter } from './sse-blocks.ts';

/**
 * An answer of so many choices as server-sent events, each choice through a guard of its own. One that a rule stops says
 * so and ends as its contract ends what was filtered; when nothing else is to come the service is cut off. Where the
 * service breaks off, what had come is delivered, and then this stream fails as the service's did.
 */
export function answerStream(
  response: Response,
  guard: Enforcer,
  context: Context,
  candidates: number,
): Response {
  const source = response.body?.getReader();
  const encoder = new TextEncoder();
  // The mark at the beginning goes on to the client too.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const splitter = createBlockSplitter();
  const ready: string[] = [];
  const events = new GuardedEvents(guard, context, candidates, (text) => ready.push(text));
  let failure: { reason: unknown } | undefined;
  let done = source === undefined;

  /** Reads one piece of the service's; what is to go out of it stands in `ready`. */
  const step = async (reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> => {
    const next = await reader.read().catch((reason: unknown) => {
      failure = { reason };
      return { done: true, value: undefined } as const;
    });
    done = next.done;
    const text = done ? decoder.decode() : decoder.decode(next.value, { stream: true });
    // A last event without its blank line is still one.
    for (const block of done ? [...splitter.take(text), ...splitter.end()] : splitter.take(text)) {
      await events.take(block);
      if (!events.isCutShort) continue;
      events.finish();
      done = true;
      await reader.cancel().catch(() => undefined);
      return;
    }
    if (done) await events.end();
  };

  const body = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          while (ready.length === 0 && !done && source) await step(source);
        } catch (reason) {
          failure ??= { reason };
          done = true;
          await source?.cancel(reason).catch(() => undefined);
        }
        if (ready.length > 0) controller.enqueue(encoder.encode(ready.splice(0).join('')));
        // An error drops what nobody has read yet, so it waits until the next pull.
        else if (failure) controller.error(failure.reason);
        else controller.close();
      },
      cancel: async (reason) => {
        events.cancel(reason);
        await source?.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
  const headers = new Headers(response.headers);
  headers.delete('content-length');
  // What comes out is not packed, whatever came in.
  headers.delete('content-encoding');
  return new Response(body, { status: response.status, headers });
}
