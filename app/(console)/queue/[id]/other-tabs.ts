/** How long another tab of this browser has to say that it holds an item. */
const WAIT_MS = 60;

type Message = { kind: 'who' | 'mine'; interactionId: string; ask: string };

/** Lets tabs of one browser tell each other what they hold, so that opening an item twice does not take it away. */
export function openTabChannel(holds: (interactionId: string) => boolean) {
  if (typeof BroadcastChannel === 'undefined')
    return { askOthers: async () => false, close: () => undefined };
  const channel = new BroadcastChannel('stopgap-claims');
  const asked = new Map<string, () => void>();
  channel.onmessage = ({ data }: MessageEvent<Message>) => {
    if (data.kind === 'mine') asked.get(data.ask)?.();
    else if (holds(data.interactionId)) channel.postMessage({ ...data, kind: 'mine' } satisfies Message);
  };
  return {
    /** Whether another tab holds it. */
    askOthers(interactionId: string): Promise<boolean> {
      const ask = crypto.randomUUID();
      return new Promise((resolve) => {
        const settle = (answer: boolean) => {
          clearTimeout(timer);
          asked.delete(ask);
          resolve(answer);
        };
        const timer = setTimeout(() => settle(false), WAIT_MS);
        asked.set(ask, () => settle(true));
        channel.postMessage({ kind: 'who', interactionId, ask } satisfies Message);
      });
    },
    close: () => channel.close(),
  };
}
