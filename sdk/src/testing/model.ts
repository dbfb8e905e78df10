import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the model was asked, as its service received it. */
export interface Asked {
  path: string;
  body: {
    model?: string;
    messages?: { role: string; content: unknown }[];
    temperature?: number;
    stream?: boolean;
  };
}

/** A small service that speaks OpenAI's chat contract and always says `answer`, whole or in pieces of `pieceLength`. */
export class TestModel {
  answer = 'print("hello")\n';
  toolInput: string | undefined;
  pieceLength = 3;
  readonly asked: Asked[] = [];
  #server: Server | undefined;
  #port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async listen(): Promise<this> {
    const server = createServer(async (request, response) => {
      const body = await readJson(request);
      this.asked.push({ path: request.url ?? '', body });
      if (!body.stream) {
        const calls = this.#calls();
        const message = { role: 'assistant', content: this.answer, ...(calls && { tool_calls: calls }) };
        response.setHeader('content-type', 'application/json').end(
          JSON.stringify({
            ...head('chat.completion'),
            choices: [{ index: 0, message, finish_reason: 'stop' }],
          }),
        );
        return;
      }
      response.setHeader('content-type', 'text/event-stream');
      const send = (delta: object, finish: string | null = null) =>
        response.write(
          `data: ${JSON.stringify({ ...head('chat.completion.chunk'), choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`,
        );
      send({ role: 'assistant', content: '' });
      for (let at = 0; at < this.answer.length; at += this.pieceLength) {
        send({ content: this.answer.slice(at, at + this.pieceLength) });
      }
      const calls = this.#calls();
      if (calls) send({ tool_calls: calls });
      send({}, calls ? 'tool_calls' : 'stop');
      response.end('data: [DONE]\n\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
    return this;
  }

  async close(): Promise<void> {
    const server = this.#server;
    await new Promise<void>((resolve) => {
      server?.close(() => resolve());
      server?.closeAllConnections();
    });
  }

  #calls() {
    if (this.toolInput === undefined) return undefined;
    return [
      { index: 0, id: 'call-1', type: 'function', function: { name: 'write', arguments: this.toolInput } },
    ];
  }
}

const head = (object: string) => ({
  id: 'chatcmpl-1',
  object,
  created: 1,
  model: 'coder',
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
});

async function readJson(request: IncomingMessage): Promise<Asked['body']> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString() || '{}');
}
