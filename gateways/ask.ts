import type { TestModel } from '#sdk/testing/model';
import type { Case } from './cases.ts';

/** What came of one request through an OpenAI-compatible gateway. */
export type Outcome = {
  /** `blocked`: refused, or ended before the match. */
  kind: 'passes' | 'blocked' | 'redacted' | 'error';
  status: number;
  /** Everything the client could read. */
  text: string;
  asked: boolean;
};

/** Asks a gateway whose model answers as the case says. */
export async function askGateway(
  model: TestModel,
  url: string,
  headers: Record<string, string>,
  { name: _, outcome: __, never, ...asked }: Case,
  stream: boolean,
): Promise<Outcome> {
  model.asked.length = 0;
  model.answer = asked.answer ?? (asked.toolInput === undefined ? 'print("hello")\n' : '');
  model.toolInput = asked.toolInput;
  const messages: object[] = [{ role: 'user', content: asked.prompt ?? 'Write the file.' }];
  if (asked.toolResult !== undefined) {
    const call = { id: 'call-0', type: 'function', function: { name: 'read', arguments: '{}' } };
    messages.push({ role: 'assistant', content: null, tool_calls: [call] });
    messages.push({ role: 'tool', tool_call_id: 'call-0', content: asked.toolResult });
  }
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model: asked.model ?? 'coder', stream, messages }),
    signal: AbortSignal.timeout(60_000),
  });
  const body = await response.text().catch((error: Error) => `broken off: ${error.message}`);
  const text = response.ok ? readable(body, stream) : '';
  const refused = !response.ok || /"finish_reason":\s*"content_filter"|"error":\s*\{/.test(body);
  const kind =
    never !== undefined && text.includes(never)
      ? 'passes'
      : refused
        ? response.status >= 500 && !/guardrail|stopgap|block/i.test(body)
          ? 'error'
          : 'blocked'
        : text.includes('[removed by')
          ? 'redacted'
          : 'passes';
  return { kind, status: response.status, text, asked: model.asked.length > 0 };
}

/** Content and tool arguments of an answer, whole or streamed, joined. */
function readable(body: string, stream: boolean): string {
  const parts: string[] = [];
  const events = stream
    ? body
        .split('\n')
        .filter((line) => line.startsWith('data: {'))
        .map((line) => line.slice(6))
    : [body];
  for (const event of events) {
    let parsed: unknown;
    try {
      parsed = JSON.parse(event);
    } catch {
      continue;
    }
    for (const choice of (parsed as { choices?: Choice[] }).choices ?? []) {
      const said = choice.delta ?? choice.message;
      parts.push(
        said?.content ?? '',
        ...(said?.tool_calls ?? []).map((call) => call.function?.arguments ?? ''),
      );
    }
  }
  return parts.join('');
}

type Said = { content?: string | null; tool_calls?: { function?: { arguments?: string } }[] };
type Choice = { delta?: Said; message?: Said };
