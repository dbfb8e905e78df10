import { PrismaPg } from '@prisma/adapter-pg';
import { env } from './env.ts';
import { Prisma, PrismaClient } from './generated/prisma/client.ts';
import { transactOnce } from './idempotency/once.ts';

function connect(): PrismaClient {
  const adapter = new PrismaPg({
    connectionString: env().DATABASE_URL,
    max: 12,
    // Without this the adapter waits for a free connection for ever.
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    // The adapter drops the offset of a timestamptz, so a server in another zone would shift every time.
    options: '-c TimeZone=UTC',
  });
  const client = new PrismaClient({ adapter, transactionOptions: { maxWait: 5_000, timeout: 15_000 } });
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
const shared = globalThis as { stopgapDb?: PrismaClient };
shared.stopgapDb ??= connect();

export const db: PrismaClient = shared.stopgapDb;
export { Prisma };
export type Tx = Prisma.TransactionClient;
