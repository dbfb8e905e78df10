import { type Tx, withSnapshotDb } from '#lib/db';
import { AppError } from '#lib/errors';

/** Milliseconds that a download may take: until then what it reads is kept from being cleaned up. */
const LONGEST_MS = 10 * 60_000;
/** Milliseconds that a download waits for others to end. */
const WAIT_MS = 5_000;

/** One moment of the database, for as long as it is read. */
export type Snapshot = { tx: Tx; close(): Promise<void> };

/**
 * A read-only transaction that sees one moment: that of its first query. What is decided, erased or published while its
 * reader takes line after line changes nothing in it. Throws `rate_limited` where too many are being read.
 */
export async function openSnapshot(): Promise<Snapshot> {
  const opened = Promise.withResolvers<Tx>();
  const closed = Promise.withResolvers<void>();
  const ended = withSnapshotDb().$transaction(
    async (tx) => {
      await tx.$executeRaw`SET TRANSACTION READ ONLY`;
      opened.resolve(tx);
      await closed.promise;
    },
    { isolationLevel: 'RepeatableRead', maxWait: WAIT_MS, timeout: LONGEST_MS },
  );
  ended.catch(opened.reject);
  const tx = await opened.promise.catch((error: unknown) => {
    if (!isFull(error)) throw error;
    const message = 'Other downloads are being read, as many as one process may. Try again in a minute.';
    throw new AppError('rate_limited', message, { retryAfterSeconds: 60 });
  });
  const close = async () => {
    closed.resolve();
    await ended.catch(() => undefined);
  };
  return { tx, close };
}

/** Prisma's own code for a transaction that could not begin in time. */
const isFull = (error: unknown) =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'P2028';

/** The lines, with the snapshot closed once they end: read to the end, given up, broken, or never begun. */
export function closing(lines: AsyncGenerator<string>, { close }: Snapshot): AsyncGenerator<string> {
  const step = async (next: Promise<IteratorResult<string>>) => {
    try {
      const result = await next;
      if (result.done) await close();
      return result;
    } catch (error) {
      await close();
      throw error;
    }
  };
  const wrapped: AsyncGenerator<string> = {
    next: () => step(lines.next()),
    return: (value) => step(lines.return(value)),
    throw: (error) => step(lines.throw(error)),
    [Symbol.asyncIterator]: () => wrapped,
    [Symbol.asyncDispose]: async () => {
      await wrapped.return(undefined);
    },
  };
  return wrapped;
}
