import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { AppError } from '#lib/errors';

const digest = (text: string) => createHash('sha256').update(text).digest();

/** Lets a request pass that carries the token as `Authorization: Bearer …` or `X-API-Key`; everybody without one. */
export function createAuth(token: string | undefined): (request: IncomingMessage) => void {
  if (token === undefined) return () => undefined;
  const wanted = digest(token);
  return ({ headers }) => {
    const { authorization = '', 'x-api-key': key } = headers;
    const shown = /^Bearer +(.+)$/i.exec(authorization)?.[1] ?? (Array.isArray(key) ? key[0] : key);
    if (shown === undefined || !timingSafeEqual(digest(shown), wanted)) {
      throw new AppError(
        'unauthenticated',
        'Send the sidecar’s token as `Authorization: Bearer …` or `X-API-Key`.',
      );
    }
  };
}
