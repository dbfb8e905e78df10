import { connect, type Socket } from 'node:net';
import { monotonicMs } from './child.ts';

/**
 * Many streams in one process, on raw sockets: they look for the end of an event, note the time and post an
 * acknowledgement, so that the server is what is measured. Started once per server; the feed and the bare one
 * get exactly the same requests.
 */
const { PORT = '0', API_KEY = '', NAME = '', COUNT = '0' } = process.env;
const port = Number(PORT);
const count = Number(COUNT);
/** Connections that acknowledgements go through. An instance has its own; one per stream would pass the limit of open files. */
const POSTERS = Math.min(count, 1_500);
const AT_ONCE = 100;
const WARM = 50;

const head = (line: string, more: string) =>
  `${line} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer ${API_KEY}\r\n${more}\r\n`;

function reportOf(index: number, seq: number): Buffer {
  const body = JSON.stringify({
    instanceId: `${NAME}-${index}`,
    sdkVersion: '0.1.0',
    activeSeq: seq,
    seq,
    state: 'active',
  });
  const headers = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`;
  return Buffer.from(head('POST /v1/report', headers) + body);
}

let seq = 0;
let received: number[] = [];
let acked: number[] = [];
let refused = 0;
let expected = count;
const waiting: Buffer[] = [];

function onAck(isGood: boolean): void {
  if (!isGood) refused++;
  acked.push(monotonicMs());
  if (acked.length < expected) return;
  process.send?.({ kind: 'round', seq, received, acked, refused });
}

/** One connection that posts one report after the other. */
class Poster {
  readonly #socket: Socket;
  #isBusy = false;

  constructor() {
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.setNoDelay(true);
    this.#socket.on('data', (chunk) => {
      this.#isBusy = false;
      onAck(chunk.subarray(0, 12).toString('latin1') === 'HTTP/1.1 200');
      this.next();
    });
  }

  next(): void {
    const report = this.#isBusy ? undefined : waiting.shift();
    if (!report) return;
    this.#isBusy = true;
    this.#socket.write(report);
  }
}

const posters = Array.from({ length: POSTERS }, () => new Poster());

/** The end of a snapshot in HTTP's chunked coding: two line feeds, then the chunk's own line end. */
const END = Buffer.from('\n\n\r\n');
const KEEP_ALIVE_LENGTH = 30;

function open(index: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let tail = Buffer.alloc(0);
    let isOpen = false;
    socket.on('error', reject);
    socket.on('close', () => console.error(`${NAME}-${index} was closed`));
    socket.on('data', (chunk: Buffer) => {
      if (!isOpen) {
        isOpen = true;
        resolve();
      }
      const end = chunk.length >= 4 ? chunk.subarray(-4) : Buffer.concat([tail, chunk]).subarray(-4);
      tail = Buffer.from(end);
      if (seq === 0 || chunk.length < KEEP_ALIVE_LENGTH || !end.equals(END)) return;
      received.push(monotonicMs());
      waiting.push(reportOf(index, seq));
      const poster = posters[index % POSTERS];
      poster?.next();
    });
    socket.write(head(`GET /v1/stream?instance=${NAME}-${index}`, ''));
  });
}

process.on('message', (message: { round?: number; of?: number }) => {
  if (message.round === undefined) return;
  expected = message.of ?? count;
  seq = message.round;
  received = [];
  acked = [];
  refused = 0;
  process.send?.({ kind: 'armed', seq });
});

async function openFrom(first: number, end: number): Promise<void> {
  for (let from = first; from < end; from += AT_ONCE) {
    const group = Array.from({ length: Math.min(AT_ONCE, end - from) }, (_, at) => open(from + at));
    await Promise.all(group);
  }
}

// What a server loads once, whatever the number of streams, is loaded before its memory is measured.
const warm = Math.min(WARM, count);
await openFrom(0, warm);
process.send?.({ kind: 'warm' });
await new Promise<void>((resolve) => {
  process.on('message', (message) => {
    if (message === 'open') resolve();
  });
});
await openFrom(warm, count);
process.send?.({ kind: 'ready' });
process.once('SIGTERM', () => process.exit(0));
process.once('disconnect', () => process.exit(0));
