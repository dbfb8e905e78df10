/** One text inside of a body, and how to put another in its place. */
export interface Place {
  text: string;
  set: (text: string) => void;
}

export type Holder = Record<string | number, unknown>;
export const isHolder = (value: unknown): value is Holder => typeof value === 'object' && value !== null;

/** Every text under `key`: a string, a list of strings, or a list of parts. */
function placesIn(holder: Holder, key: string | number): Place[] {
  const value = holder[key];
  if (typeof value === 'string') {
    const set = (text: string) => {
      holder[key] = text;
    };
    return [{ text: value, set }];
  }
  if (!Array.isArray(value)) return [];
  const list = value as unknown as Holder;
  return value.flatMap((part: unknown, index) => (isHolder(part) ? partPlaces(part) : placesIn(list, index)));
}

/** A part of a message: its words, its reasoning, a list of parts, or a document that is text itself. */
function partPlaces(part: Holder): Place[] {
  const { source } = part;
  const document = isHolder(source)
    ? [...(source.type === 'text' ? placesIn(source, 'data') : []), ...placesIn(source, 'content')]
    : [];
  return [...['text', 'thinking', 'content'].flatMap((field) => placesIn(part, field)), ...document];
}
