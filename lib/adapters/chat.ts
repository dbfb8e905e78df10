type Json = Record<string, unknown>;

/** The value as an object to look into, or an empty one. */
export function fields(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

export const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** The first that is a text with something in it. */
export function firstText(...values: unknown[]): string | undefined {
  return values.find((value): value is string => typeof value === 'string' && value.trim() !== '');
}

/** The language of the first fenced block of code, by the word after its fence; `text` where there is none. */
export function fencedLanguage(completion: string): string {
  return /^```([A-Za-z0-9+#._-]{1,40})[ \t\r]*$/m.exec(completion)?.[1]?.toLowerCase() ?? 'text';
}

/** JSON that was written as a text is read; another text is itself. */
export function parsedJson(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{"]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
