import { connect, type Socket } from 'node:net';
import { monotonicMs } from './child.ts';
import { cpuMs } from './cpu.ts';

/**
 * Many streams in one process, on raw sockets: they look for the end of an event, note the time and post an
 * acknowledgement that was written before, so that the server is what is measured. Started once per server; the feed
 * and the bare one get exactly the same requests. Says with every round what it has cost itself.
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
let cpuBefore = 0;
let reports: Buffer[] = [];
const waiting: Buffer[] = [];
/** All sockets are read into one buffer, one after the other: a fresh one per read would cost more than the read. */
const INTO = Buffer.alloc(64 * 1024);

function onAck(isGood: boolean): void {
  if (!isGood) refused++;
  acked.push(monotonicMs());
  if (acked.length !== expected) return;
  const cpu = cpuMs() - cpuBefore;
  process.send?.({ kind: 'round', seq, received, acked, refused, cpu });
}

/** One connection that posts one report after the other. */
class Poster {
  readonly #socket: Socket;
  #isBusy = false;

  constructor() {
    const callback = () => {
      this.#isBusy = false;
      onAck(INTO.toString('latin1', 0, 12) === 'HTTP/1.1 200');
      this.next();
      return true;
    };
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true, onread: { buffer: INTO, callback } });
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
const KEEP_ALIVE = Buffer.from('e\r\n: keep-alive\n\n\r\n');

const NO_BYTES = Buffer.alloc(0);

function open(index: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let tail = NO_BYTES;
    let isOpen = false;
    const callback = (size: number) => {
      if (!isOpen) {
        isOpen = true;
        resolve();
      }
      const chunk = INTO.subarray(0, size);
      const end =
        size >= END.length ? chunk.subarray(-END.length) : Buffer.concat([tail, chunk]).subarray(-END.length);
      const isEnd = end.equals(END) && !chunk.equals(KEEP_ALIVE);
      // Its bytes are overwritten by the next read.
      tail = isEnd ? NO_BYTES : Buffer.from(end);
      if (seq === 0 || !isEnd) return true;
      received.push(monotonicMs());
      waiting.push(reports[index] as Buffer);
      posters[index % POSTERS]?.next();
      return true;
    };
    const socket = connect({ port, host: '127.0.0.1', onread: { buffer: INTO, callback } });
    socket.on('error', reject);
    socket.on('close', () => console.error(`${NAME}-${index} was closed`));
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
  reports = Array.from({ length: count }, (_, index) => reportOf(index, seq));
  cpuBefore = cpuMs();
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
