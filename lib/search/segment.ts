import { GRAMS } from './grams.ts';

/** Documents of one segment; their numbers fit in 13 bits. */
export const SEGMENT_DOCUMENTS = 8_192;
/** Pieces of one segment, a document and a piece counted once: what its building takes in memory, times eight bytes. */
const SEGMENT_PIECES = 12_000_000;
export const PAGE_GRAMS = 512;
const PAGES = GRAMS / PAGE_GRAMS;
const BITMAP_BYTES = SEGMENT_DOCUMENTS / 8;
/** gram within its page (2 bytes), where its list ends (4 bytes) */
const ENTRY = 6;

export const pageOf = (gram: number) => Math.floor(gram / PAGE_GRAMS);

/** Takes documents in order and packs which of them hold which pieces. */
export class SegmentBuilder {
  #documents = 0;
  #pieces = 0;
  #pairs = new Uint32Array(1 << 16);
  readonly #counts = new Uint32Array(GRAMS);
  /** The document that had the piece last, plus one. */
  readonly #last = new Uint16Array(GRAMS);
  readonly #fresh = new Uint32Array(GRAMS);

  get documents(): number {
    return this.#documents;
  }

  get isFull(): boolean {
    return this.#documents >= SEGMENT_DOCUMENTS || this.#pieces >= SEGMENT_PIECES;
  }

  /** Adds the next document, whose pieces `visitAll` calls out. */
  add(visitAll: (visit: (gram: number) => void) => void): void {
    const document = this.#documents;
    const last = this.#last;
    const mark = document + 1;
    let found = 0;
    const fresh = this.#fresh;
    visitAll((gram) => {
      if (last[gram] === mark) return;
      last[gram] = mark;
      fresh[found++] = gram;
    });
    this.#documents += 1;
    this.#makeRoom(found);
    for (let index = 0; index < found; index++) {
      const gram = fresh[index] ?? 0;
      this.#counts[gram] = (this.#counts[gram] ?? 0) + 1;
      this.#pairs[this.#pieces + index] = gram * SEGMENT_DOCUMENTS + document;
    }
    this.#pieces += found;
  }

  #makeRoom(more: number): void {
    if (this.#pieces + more <= this.#pairs.length) return;
    const grown = new Uint32Array(Math.max(this.#pairs.length * 2, this.#pieces + more));
    grown.set(this.#pairs);
    this.#pairs = grown;
  }

  /** The pages that hold anything. */
  pages(): { page: number; body: Buffer }[] {
    // Sorted by piece and then, because documents came in order, by document.
    const starts = new Uint32Array(GRAMS + 1);
    for (let gram = 0; gram < GRAMS; gram++)
      starts[gram + 1] = (starts[gram] ?? 0) + (this.#counts[gram] ?? 0);
    const lists = new Uint16Array(this.#pieces);
    const next = starts.slice();
    for (let index = 0; index < this.#pieces; index++) {
      const pair = this.#pairs[index] ?? 0;
      const gram = Math.floor(pair / SEGMENT_DOCUMENTS);
      const at = next[gram] ?? 0;
      lists[at] = pair % SEGMENT_DOCUMENTS;
      next[gram] = at + 1;
    }
    const pages: { page: number; body: Buffer }[] = [];
    for (let page = 0; page < PAGES; page++) {
      const body = packPage(page, starts, lists);
      if (body) pages.push({ page, body });
    }
    return pages;
  }
}

function packPage(page: number, starts: Uint32Array, lists: Uint16Array): Buffer | null {
  const first = page * PAGE_GRAMS;
  const present: number[] = [];
  for (let gram = first; gram < first + PAGE_GRAMS; gram++) {
    if ((starts[gram + 1] ?? 0) > (starts[gram] ?? 0)) present.push(gram);
  }
  if (present.length === 0) return null;
  const most = (starts[first + PAGE_GRAMS] ?? 0) - (starts[first] ?? 0);
  const body = Buffer.allocUnsafe(2 + present.length * (ENTRY + 1) + most * 2);
  body.writeUInt16LE(present.length, 0);
  let at = 2 + present.length * ENTRY;
  const dataStart = at;
  for (const [index, gram] of present.entries()) {
    at = packList(body, at, lists.subarray(starts[gram], starts[gram + 1]));
    body.writeUInt16LE(gram - first, 2 + index * ENTRY);
    body.writeUInt32LE(at - dataStart, 4 + index * ENTRY);
  }
  return body.subarray(0, at);
}

/** A first byte of 1 and a bit for each document, or of 0 and the distances from one to the next, 7 bits to a byte. */
function packList(body: Buffer, start: number, documents: Uint16Array): number {
  let at = start;
  if (documents.length > BITMAP_BYTES) {
    body[at++] = 1;
    body.fill(0, at, at + BITMAP_BYTES);
    for (const document of documents) {
      const byte = at + (document >> 3);
      body[byte] = (body[byte] ?? 0) | (1 << (document & 7));
    }
    return at + BITMAP_BYTES;
  }
  body[at++] = 0;
  let before = -1;
  for (const document of documents) {
    const distance = document - before - 1;
    before = document;
    if (distance > 127) body[at++] = (distance & 127) | 128;
    body[at++] = distance > 127 ? distance >> 7 : distance;
  }
  return at;
}

/** A bit for each document of a segment. */
export type Bits = Uint8Array;

export const noBits = (): Bits => new Uint8Array(BITMAP_BYTES);
export const allBits = (): Bits => new Uint8Array(BITMAP_BYTES).fill(255);

/** The documents that hold a piece, as its page says. */
export function documentsWith(body: Uint8Array | undefined, gram: number): Bits {
  const bits = noBits();
  if (!body) return bits;
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const entries = view.getUint16(0, true);
  const wanted = gram % PAGE_GRAMS;
  let [low, high] = [0, entries - 1];
  while (low <= high) {
    const index = (low + high) >> 1;
    const found = view.getUint16(2 + index * ENTRY, true);
    if (found === wanted) {
      const data = 2 + entries * ENTRY;
      const start = index === 0 ? 0 : view.getUint32(4 + (index - 1) * ENTRY, true);
      unpackList(body.subarray(data + start, data + view.getUint32(4 + index * ENTRY, true)), bits);
      return bits;
    }
    if (found < wanted) low = index + 1;
    else high = index - 1;
  }
  return bits;
}

function unpackList(list: Uint8Array, bits: Bits): void {
  if (list[0] === 1) {
    bits.set(list.subarray(1, 1 + BITMAP_BYTES));
    return;
  }
  let document = -1;
  for (let at = 1; at < list.length; at++) {
    let distance = list[at] ?? 0;
    if (distance > 127) distance = (distance & 127) | ((list[++at] ?? 0) << 7);
    document += distance + 1;
    bits[document >> 3] = (bits[document >> 3] ?? 0) | (1 << (document & 7));
  }
}

export function intersect(bits: Bits, other: Bits): void {
  for (let at = 0; at < bits.length; at++) bits[at] = (bits[at] ?? 0) & (other[at] ?? 0);
}

export function unite(bits: Bits, other: Bits): void {
  for (let at = 0; at < bits.length; at++) bits[at] = (bits[at] ?? 0) | (other[at] ?? 0);
}
