import { PrismaPg } from '@prisma/adapter-pg';
import { env } from './env.ts';
import { Prisma, PrismaClient } from './generated/prisma/client.ts';
import { transactOnce } from './idempotency/once.ts';

function newClient(max: number): PrismaClient {
  const adapter = new PrismaPg({
    connectionString: env().DATABASE_URL,
    max,
    // Without this the adapter waits for a free connection for ever.
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    // The adapter drops the offset of a timestamptz, so a server in another zone would shift every time.
    options: '-c TimeZone=UTC',
  });
  return new PrismaClient({ adapter, transactionOptions: { maxWait: 5_000, timeout: 15_000 } });
}

function connect(): PrismaClient {
  const client = newClient(12);
  const transaction = client.$transaction.bind(client) as Transaction;
  // Every verb writes through here, so a request with an Idempotency-Key is kept in the transaction of its change.
  const remembering: Transaction = (work, options) =>
    typeof work === 'function'
      ? transaction((tx) => transactOnce(tx, work), options)
      : transaction(work, options);
  client.$transaction = remembering as PrismaClient['$transaction'];
  return client;
}

type Transaction = (
  work: ((tx: Prisma.TransactionClient) => Promise<unknown>) | Prisma.PrismaPromise<unknown>[],
  options?: object,
) => Promise<unknown>;

// Next.js evaluates modules again on every hot reload; one pool per process is enough.
const shared = globalThis as { stopgapDb?: PrismaClient; stopgapSnapshots?: PrismaClient };
shared.stopgapDb ??= connect();

export const db: PrismaClient = shared.stopgapDb;

/** Downloads that are read at one time: each holds a connection for as long as its reader takes, so none of the pool's. */
const SNAPSHOTS = 6;

/** The connections for them, made when the first one comes. */
export function withSnapshotDb(): PrismaClient {
  shared.stopgapSnapshots ??= newClient(SNAPSHOTS);
  return shared.stopgapSnapshots;
}

export { Prisma };
export type Tx = Prisma.TransactionClient;
