import { createServer, request as httpRequest, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Middlebox = {
  url: string;
  /** What streams are sent instead of the feed's own, from now on and to those that are open. */
  replay(text: string): void;
  close(): Promise<void>;
};

/** As a stream carries them. */
export const sent = ({ head, envelope }: { head?: string | null; envelope?: string }): string =>
  [
    ...(head ? [`event: head\ndata: ${head}\n\n`] : []),
    ...(envelope ? [`event: snapshot\ndata: ${envelope}\n\n`] : []),
  ].join('');

/** Stands between instances and a feed: passes everything on, but sends streams what it kept from earlier. */
export async function startMiddlebox(feedPort: number): Promise<Middlebox> {
  const streams = new Set<ServerResponse>();
  let text = '';
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/v1/stream')) {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`: hello\n\n${text}`);
      streams.add(response);
      response.on('close', () => streams.delete(response));
      return;
    }
    const { url, method, headers } = request;
    const onwards = httpRequest(
      { host: '127.0.0.1', port: feedPort, path: url, method, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onwards.on('error', () => response.destroy());
    request.pipe(onwards);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    replay: (next) => {
      text = next;
      for (const stream of streams) stream.write(text);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
