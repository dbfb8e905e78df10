/** A text that a user or a tool has put into the request, and how to put another in its place. */
export interface Place {
  get: string;
  set: (text: string) => void;
}

/** What the operator or the model has written. Any other role counts as a user's, whatever it is called. */
const OWN = new Set<unknown>(['system', 'developer', 'assistant']);

type Holder = Record<string | number, unknown>;
const isHolder = (value: unknown): value is Holder => typeof value === 'object' && value !== null;

function placesIn(holder: Holder, key: string | number): Place[] {
  const value = holder[key];
  if (typeof value === 'string') {
    const set = (text: string) => {
      holder[key] = text;
    };
    return [{ get: value, set }];
  }
  if (!Array.isArray(value)) return [];
  return value.flatMap((part: unknown, index) =>
    isHolder(part) ? placesIn(part, 'text') : placesIn(value as unknown as Holder, index),
  );
}

/** Every such text of a chat or completion request, with `everyRole` also of messages that call themselves the operator's; null for a prompt of tokens, which nobody can read here. */
export function placesOf(body: Holder, everyRole: boolean): Place[] | null {
  const { prompt, messages } = body;
  if (Array.isArray(prompt) && prompt.some((part) => typeof part !== 'string')) return null;
  const asked = Array.isArray(messages) ? messages.filter(isHolder) : [];
  return [
    ...asked
      .filter(({ role }) => everyRole || !OWN.has(role))
      .flatMap((message) => placesIn(message, 'content')),
    ...placesIn(body, 'prompt'),
    ...placesIn(body, 'suffix'),
  ];
}
