import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';

// OWASP's Password Storage Cheat Sheet: scrypt with N = 2^17, r = 8, p = 1 (128 MiB).
const COST = { r: 8, p: 1, maxmem: 192 * 1024 * 1024 } satisfies ScryptOptions;
const LOG2_N = 17;
const LENGTH = 32;

let log2N = LOG2_N;

/** For tests whose matter is not the cost: N = 2^`cost` from now on in this process. */
export function setPasswordCost(cost: number): void {
  log2N = cost;
}

function derive(password: string, salt: Buffer, cost: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, LENGTH, { ...COST, N: 2 ** cost }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

const stored = (cost: number, salt: Buffer, key: Buffer) =>
  // The number stands only where it is not the usual one.
  [`scrypt${cost === LOG2_N ? '' : cost}`, salt.toString('base64'), key.toString('base64')].join('$');

/** `scrypt$<salt>$<key>`, base64; a cost other than the usual stands behind `scrypt`. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  return stored(log2N, salt, await derive(password, salt, log2N));
}

/** Takes as long where there is no such person (`null`), so that the time of an answer tells nothing. */
export async function verifyPassword(password: string, kept: string | null): Promise<boolean> {
  const nobody = () => stored(log2N, Buffer.alloc(16), Buffer.alloc(LENGTH));
  const [scheme = '', salt = '', key = ''] = (kept ?? nobody()).split('$');
  const cost = Number(scheme.slice('scrypt'.length) || LOG2_N);
  const derived = await derive(password, Buffer.from(salt, 'base64'), cost);
  const matches = timingSafeEqual(derived, Buffer.from(key, 'base64'));
  return kept !== null && matches;
}

/** A password to hand over once: 20 characters without look-alikes. */
export function oneTimePassword(): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789';
  return Array.from(randomBytes(20), (byte) => letters[byte % letters.length]).join('');
}
