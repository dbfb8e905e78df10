import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Between gateway and sidecar: waits, or hangs up. */
export class Gate {
  delayMs = 0;
  isDown = false;
  #server: Server | undefined;
  #port = 0;
  readonly #to: string;

  constructor(to: string) {
    this.#to = to;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async listen(): Promise<this> {
    const server = createServer(async (request, response) => {
      if (this.isDown) return void request.socket.destroy();
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs));
      const { host: _, 'content-length': __, connection: ___, ...headers } = request.headers;
      const answer = await fetch(`${this.#to}${request.url}`, {
        method: request.method ?? 'POST',
        headers: headers as Record<string, string>,
        body: Buffer.concat(chunks),
      });
      response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
      response.end(await answer.text());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
    return this;
  }

  async close(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise<void>((resolve) => this.#server?.close(() => resolve()));
  }
}
