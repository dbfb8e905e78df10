import { hash, randomBytes } from 'node:crypto';

/** A fresh API key: `sg_` and 32 random bytes. It is shown once and stored only as its hash. */
export function newKeySecret(): string {
  return `sg_${randomBytes(32).toString('base64url')}`;
}

/** Keys have 256 bits of their own, so a plain SHA-256 is enough to store and to look them up. */
export function hashKey(secret: string): string {
  return hash('sha256', secret, 'hex');
}
