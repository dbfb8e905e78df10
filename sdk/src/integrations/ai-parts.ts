import type { LanguageModelV4StreamPart, LanguageModelV4Usage } from '@ai-sdk/provider';
import type { Decision } from '../decision.ts';
import { breakAfter } from '../effects.ts';
import { type Context, decideText, type Enforcer, STOPPED, stopsToolCall } from './exchange.ts';
import { GuardedText } from './guarded-text.ts';

type Part = LanguageModelV4StreamPart;
type Controller = TransformStreamDefaultController<Part>;

/** The model was cut off before it said what it had used. */
const UNKNOWN_USAGE: LanguageModelV4Usage = {
  inputTokens: { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: undefined, text: undefined, reasoning: undefined },
};

type Spoken = { type: string; id: string };
const keyOf = ({ type, id }: Spoken) => `${type.slice(0, type.indexOf('-'))} ${id}`;
/** The text that is open, so that the words of a rule can end it. */
const openText = ({ type, id }: Spoken) => (type.startsWith('text-') ? id : undefined);

/**
 * The parts of one streamed answer: each text goes through a guard of its own, and what a tool is called with waits
 * until it is whole. When a rule stops the answer, the model is cut off.
 */
export function partsGuard(guard: Enforcer, context: Context): TransformStream<Part, Part> {
  /** By kind and id: what the model says, and what it reasons. */
  const texts = new Map<string, GuardedText>();
  const waiting = new Map<string, Part[]>();
  /** The last words of the answer itself that went out. */
  let shown = '';

  const stop = (controller: Controller, decision: Decision, open?: string) => {
    const message = decision.message ?? STOPPED;
    const id = open ?? 'stopgap';
    if (open === undefined) controller.enqueue({ type: 'text-start', id });
    controller.enqueue({ type: 'text-delta', id, delta: breakAfter(shown) + message });
    controller.enqueue({ type: 'text-end', id });
    controller.enqueue({
      type: 'finish',
      finishReason: { unified: 'content-filter', raw: 'stopgap' },
      usage: UNKNOWN_USAGE,
    });
    controller.terminate();
  };

  /** Lets go of what is held back of texts that nobody ended; whether a rule stopped one of them. */
  const endAll = async (controller: Controller): Promise<boolean> => {
    for (const [key, text] of texts) {
      texts.delete(key);
      const decision = await text.end();
      if (decision.verdict !== 'block') continue;
      stop(controller, decision, key.startsWith('text ') ? key.slice('text '.length) : undefined);
      return true;
    }
    return false;
  };

  const transformer: Transformer<Part, Part> & { cancel: (reason: unknown) => void } = {
    transform: async (part, controller) => {
      switch (part.type) {
        case 'text-start':
        case 'reasoning-start': {
          const { id } = part;
          const type = part.type === 'text-start' ? 'text-delta' : 'reasoning-delta';
          controller.enqueue(part);
          const guarded = new GuardedText(guard, context, (delta) => {
            controller.enqueue({ type, id, delta });
            if (type === 'text-delta') shown = delta;
          });
          texts.set(keyOf(part), guarded);
          return;
        }
        case 'text-delta':
        case 'reasoning-delta': {
          const stopped = await texts.get(keyOf(part))?.write(part.delta);
          if (stopped) stop(controller, stopped, openText(part));
          return;
        }
        case 'text-end':
        case 'reasoning-end': {
          const decision = await texts.get(keyOf(part))?.end();
          texts.delete(keyOf(part));
          if (decision?.verdict === 'block') stop(controller, decision, openText(part));
          else controller.enqueue(part);
          return;
        }
        // What the service said, word for word, before anybody has looked at it.
        case 'raw':
          return;
        case 'tool-input-start':
        case 'tool-input-delta':
        case 'tool-input-end':
          waiting.set(part.id, waiting.get(part.id) ?? []);
          waiting.get(part.id)?.push(part);
          return;
        case 'tool-call': {
          const decision = decideText(guard, context, part.input, { more: [part.toolName] });
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
          if (!(await endAll(controller))) controller.enqueue(part);
          return;
        default:
          controller.enqueue(part);
      }
    },
    // A model that breaks off without a word still has its last ones shown.
    flush: async (controller) => {
      await endAll(controller);
    },
    // Not known to every Node yet; there the texts are dropped with the stream.
    cancel: (reason) => {
      for (const text of texts.values()) text.cancel(reason);
    },
  };
  return new TransformStream<Part, Part>(transformer);
}
