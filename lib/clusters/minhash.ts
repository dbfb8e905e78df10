/** Permutations of each half of a signature: the standard error of an estimate is at most 0.5 / √128 = 0.044. */
const PERMUTATIONS = 128;

/**
 * Bands of 4 rows: 32 over the vocabulary, 16 over the structure. Two texts of similarity s share at least one of n with
 * probability 1 - (1 - s⁴)ⁿ (Leskovec, Rajaraman, Ullman: Mining of Massive Datasets, 3rd ed., section 3.4): of 32 that
 * is 0.56 at 0.4, 0.87 at 0.5 and 0.99 at 0.6, of 16 it is 0.998 at 0.75. So the bands are wide enough for every
 * threshold from about 0.5, the estimate decides, and a changed setting needs no new bands; below 0.5 some
 * near-duplicates start a cluster of their own.
 */
export const BANDS = 48;
const ROWS = 4;

/** How much a structure in common counts: alone it says less of what two texts are than their vocabulary does. */
const STRUCTURE = 0.75;

// Fixed odd multipliers and offsets from a seeded generator: every process and every version must agree.
const MULTIPLIERS = new Uint32Array(PERMUTATIONS);
const OFFSETS = new Uint32Array(PERMUTATIONS);
let seed = 0x9e3779b9;
for (let index = 0; index < PERMUTATIONS; index++) {
  MULTIPLIERS[index] = nextSeed() | 1;
  OFFSETS[index] = nextSeed();
}

function nextSeed(): number {
  seed = (seed + 0x6d2b79f5) | 0;
  return mix(seed);
}

/** The finalizer of MurmurHash3 (Austin Appleby, public domain): every input bit moves every output bit. */
export function mix(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** FNV-1a over UTF-16 units, mixed; 32 bits. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return mix(hash);
}

/** Elements by their 32-bit hashes; each counts 2^k times, for the k given. */
export type Elements = ReadonlyMap<number, number>;

/** The minima over both sets: what a text speaks of, then how it is built. */
export function signatureOf(vocabulary: Elements, structure: Elements): Uint32Array {
  const signature = new Uint32Array(2 * PERMUTATIONS).fill(0xffffffff);
  minhash(vocabulary, signature.subarray(0, PERMUTATIONS));
  minhash(structure, signature.subarray(PERMUTATIONS));
  return signature;
}

// A hash that is shifted right by k bits is the least of its permutation about as often as the least of 2^k would be.
function minhash(elements: Elements, minima: Uint32Array): void {
  for (const [element, weight] of elements) {
    for (let index = 0; index < PERMUTATIONS; index++) {
      let hash = Math.imul(element ^ (OFFSETS[index] ?? 0), MULTIPLIERS[index] ?? 1);
      hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
      hash = (hash ^ (hash >>> 13)) >>> weight;
      if (hash < (minima[index] ?? 0)) minima[index] = hash;
    }
  }
}

/**
 * How alike two texts are, 0 to 1: the estimated weighted Jaccard similarity of their vocabularies, or of their structures
 * where that is more, which counts a little less.
 */
export function similarity(one: Uint32Array, other: Uint32Array): number {
  return likeness(one, [other]);
}

function shareOf(one: Uint32Array, other: Uint32Array, from: number): number {
  let equal = 0;
  for (let index = from; index < from + PERMUTATIONS; index++) if (one[index] === other[index]) equal += 1;
  return equal / PERMUTATIONS;
}

/**
 * How like a cluster a text is, as `similarity`: halfway between the likest of the cluster's exemplars and their mean.
 * The likest alone makes chains, where the last has nothing of the first; one exemplar alone misses what the others would have found.
 */
export function likeness(signature: Uint32Array, exemplars: readonly Uint32Array[]): number {
  const middle = (from: number) => {
    const all = exemplars.map((exemplar) => shareOf(signature, exemplar, from));
    return (Math.max(...all) + all.reduce((sum, one) => sum + one) / all.length) / 2;
  };
  return exemplars.length === 0 ? 0 : Math.max(middle(0), STRUCTURE * middle(PERMUTATIONS));
}

/** Low bits of a band's hash that carry the scope, so that one index serves both "in this scope" and "in any". */
const SCOPE_BITS = 16n;

/** One signed 64-bit hash per band: 48 bits of the band's minima, then 16 of the scope. */
export function bandHashes(signature: Uint32Array, scope: string): bigint[] {
  const scopeBits = BigInt(hashText(scope) & 0xffff);
  return Array.from({ length: BANDS }, (_, band) => {
    let high = mix(band + 1);
    let low = mix(~band);
    for (let row = 0; row < ROWS; row++) {
      const minimum = signature[band * ROWS + row] ?? 0;
      high = mix(high ^ minimum);
      low = mix(Math.imul(low, 0x01000193) + minimum);
    }
    return BigInt.asIntN(64, ((BigInt(high) << 16n) | BigInt(low & 0xffff)) << SCOPE_BITS) | scopeBits;
  });
}

/** The hashes that the same band may have in any scope, first and last. */
export function anyScope(hash: bigint): { from: bigint; to: bigint } {
  const from = (hash >> SCOPE_BITS) << SCOPE_BITS;
  return { from, to: from | ((1n << SCOPE_BITS) - 1n) };
}

/** As stored: four bytes each, little-endian whatever the machine. */
export function toBytes(signature: Uint32Array): Buffer {
  const bytes = Buffer.alloc(2 * PERMUTATIONS * 4);
  for (const [index, minimum] of signature.entries()) bytes.writeUInt32LE(minimum, index * 4);
  return bytes;
}

export function fromBytes(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint32Array.from({ length: 2 * PERMUTATIONS }, (_, index) => view.getUint32(index * 4, true));
}
