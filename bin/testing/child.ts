import { createServer } from 'node:http';
import { endWith, say } from '../child.ts';

// A small process for the tests: serves /healthz on the port given, and ends as real ones do.

const server = createServer((request, response) => {
  if (request.url === '/die') process.exit(3);
  response.end(String(process.pid));
});
endWith(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
server.listen(Number(process.argv[2]), '127.0.0.1', () => say(`child ${process.pid} listens`));
