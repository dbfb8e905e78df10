import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerCpu } from './cpu.ts';
import { answerMemory } from './memory.ts';

/** The floor to compare with: no keys, no database, no checks; what is posted is written to every open stream. */
const streams = new Set<ServerResponse>();
const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    streams.add(response);
    response.on('close', () => streams.delete(response));
    return;
  }
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    // An acknowledgement is taken and answered, nothing else.
    if (request.url === '/v1/report') {
      response.setHeader('content-type', 'application/json').end('{}');
      return;
    }
    const event = Buffer.concat(chunks);
    for (const stream of streams) stream.write(event);
    response.end();
  });
});
answerCpu();
answerMemory();
server.keepAliveTimeout = 65_000;
server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () =>
  process.send?.({ port: (server.address() as AddressInfo).port }),
);
process.once('SIGTERM', () => process.exit(0));
process.once('disconnect', () => process.exit(0));
