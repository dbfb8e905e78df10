type Json = Record<string, unknown>;

/** The value as an object to look into, or an empty one. */
export function fields(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

/** The first that is a text with something in it. */
export function firstText(...values: unknown[]): string | undefined {
  return values.find((value): value is string => typeof value === 'string' && value.trim() !== '');
}

/** Messages as one text a reviewer can read: the bare text of a single message, else each under its role. */
export function promptText(messages: unknown): string {
  if (typeof messages === 'string') return messages;
  const list = Array.isArray(messages) ? messages : [messages];
  const parts = list.map((each) => {
    if (typeof each === 'string') return { role: 'user', text: each };
    const { role, content, tool_calls: calls } = fields(each);
    return { role: typeof role === 'string' ? role : 'user', text: contentText(content) + callsText(calls) };
  });
  if (parts.length === 1) return parts[0]?.text ?? '';
  return parts
    .filter(({ text }) => text !== '')
    .map(({ role, text }) => `[${role}]\n${text}`)
    .join('\n\n');
}

/**
 * What a model answered, from the answers of chat completions, text completions, Anthropic messages and OpenAI
 * responses, or from the text itself.
 */
export function completionText(response: unknown): string {
  if (typeof response === 'string') return response;
  const answer = fields(response);
  if (Array.isArray(answer.choices)) {
    const first = fields(answer.choices[0]);
    const { content, tool_calls: calls } = fields(first.message);
    return contentText(content) + callsText(calls) || firstText(first.text) || '';
  }
  if (Array.isArray(answer.output)) {
    return answer.output.map((each) => contentText(fields(each).content)).join('');
  }
  return contentText(answer.content) || firstText(answer.output_text, answer.completion, answer.text) || '';
}

function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part) => {
      if (typeof part === 'string') return part;
      const { text, type, input } = fields(part);
      if (typeof text === 'string') return text;
      if (type === 'tool_use') return `\n${json(input)}`;
      return typeof type === 'string' ? `[${type}]` : '';
    })
    .join('');
}

function json(value: unknown): string {
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    // Nested deeper than the stack: nobody could read it either.
    return '[tool_use]';
  }
}

// A code agent writes its code as a tool's argument; a reviewer must see it.
function callsText(calls: unknown): string {
  if (!Array.isArray(calls)) return '';
  return calls
    .map((call) => {
      const { name, arguments: given } = fields(fields(call).function);
      return typeof name === 'string' ? `\n[${name}]\n${typeof given === 'string' ? given : ''}` : '';
    })
    .join('');
}

/** The language of the first fenced block of code, by the word after its fence; `text` where there is none. */
export function fencedLanguage(completion: string): string {
  return /^```([A-Za-z0-9+#._-]{1,40})[ \t\r]*$/m.exec(completion)?.[1]?.toLowerCase() ?? 'text';
}

/** An instant from seconds since 1970, or from a text; null when it is neither. */
export function instant(value: unknown): string | null {
  const at =
    typeof value === 'number' ? new Date(value * 1_000) : typeof value === 'string' ? new Date(value) : null;
  return at && !Number.isNaN(at.getTime()) ? at.toISOString() : null;
}
