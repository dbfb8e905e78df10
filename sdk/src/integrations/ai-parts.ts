import type { LanguageModelV4StreamPart, LanguageModelV4Usage } from '@ai-sdk/provider';
import type { Decision } from '../decision.ts';
import { type Context, type Enforcer, GuardedText, STOPPED, stopsToolCall } from './exchange.ts';

type Part = LanguageModelV4StreamPart;
type Controller = TransformStreamDefaultController<Part>;

/** The model was cut off before it said what it had used. */
const UNKNOWN_USAGE: LanguageModelV4Usage = {
  inputTokens: { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: undefined, text: undefined, reasoning: undefined },
};

/**
 * The parts of one streamed answer: each text goes through a guard of its own, and what a tool is called with waits
 * until it is whole. When a rule stops the answer, the model is cut off.
 */
export function partsGuard(guard: Enforcer, context: Context): TransformStream<Part, Part> {
  const texts = new Map<string, GuardedText>();
  const waiting = new Map<string, Part[]>();

  const stop = (controller: Controller, decision: Decision, open?: string) => {
    const message = decision.message ?? STOPPED;
    const id = open ?? 'stopgap';
    if (open === undefined) controller.enqueue({ type: 'text-start', id });
    controller.enqueue({ type: 'text-delta', id, delta: message });
    controller.enqueue({ type: 'text-end', id });
    controller.enqueue({
      type: 'finish',
      finishReason: { unified: 'content-filter', raw: 'stopgap' },
      usage: UNKNOWN_USAGE,
    });
    controller.terminate();
  };

  return new TransformStream<Part, Part>({
    transform: async (part, controller) => {
      switch (part.type) {
        case 'text-start': {
          const { id } = part;
          controller.enqueue(part);
          texts.set(
            id,
            new GuardedText(guard, context, (delta) => controller.enqueue({ type: 'text-delta', id, delta })),
          );
          return;
        }
        case 'text-delta': {
          const stopped = await texts.get(part.id)?.write(part.delta);
          if (stopped) stop(controller, stopped, part.id);
          return;
        }
        case 'text-end': {
          const decision = await texts.get(part.id)?.end();
          texts.delete(part.id);
          if (decision?.verdict === 'block') stop(controller, decision, part.id);
          else controller.enqueue(part);
          return;
        }
        case 'tool-input-start':
        case 'tool-input-delta':
        case 'tool-input-end':
          waiting.set(part.id, [...(waiting.get(part.id) ?? []), part]);
          return;
        case 'tool-call': {
          const decision = guard.decide({ ...context, completion: part.input });
          if (stopsToolCall(decision)) {
            stop(controller, decision);
            return;
          }
          for (const held of waiting.get(part.toolCallId) ?? []) controller.enqueue(held);
          waiting.delete(part.toolCallId);
          controller.enqueue(part);
          return;
        }
        case 'finish':
          for (const [id, text] of texts) {
            const decision = await text.end();
            if (decision.verdict !== 'block') continue;
            stop(controller, decision, id);
            return;
          }
          controller.enqueue(part);
          return;
        default:
          controller.enqueue(part);
      }
    },
  });
}
