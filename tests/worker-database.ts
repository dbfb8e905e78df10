import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Pool } from 'pg';
import { afterAll, inject } from 'vitest';

// Loaded here, so that they are the file's own (own-modules.ts).
const { setEnv } = await import('#lib/env');
const { createDatabase } = await import('#lib/postgres/embedded');
const { setPasswordCost } = await import('#lib/users/password');

type Client = { $disconnect(): Promise<void> };
const shared = globalThis as {
  makeDatabase?: () => Promise<void>;
  stopgapDb?: Client;
  stopgapSnapshots?: Client;
  stopgapHotPath?: Pool;
  stopgapIntake?: unknown;
};

// Every test file gets a database of its own, cloned from the migrated template: nothing is mocked and no file sees
// another's rows. It is made when `lib/db.ts` is first loaded (database-on-first-use.ts): half of the files never do.
const url = inject('templateUrl').replace(/[^/]+$/, `test_${crypto.randomUUID().replaceAll('-', '')}`);
shared.makeDatabase = () => createDatabase(url, 'stopgap_template');
setEnv({
  DATABASE_URL: url,
  STOPGAP_DATA_DIR: mkdtempSync(path.join(tmpdir(), 'stopgap-data-')),
  NEXTAUTH_SECRET: 'only-for-tests-0123456789',
});

// What a password costs is the matter of lib/users/password.test.ts; the processes of the end-to-end tests pay it in full.
setPasswordCost(12);

afterAll(async () => {
  await shared.stopgapDb?.$disconnect();
  await shared.stopgapSnapshots?.$disconnect();
  await shared.stopgapHotPath?.end();
  delete shared.stopgapDb;
  delete shared.stopgapSnapshots;
  delete shared.stopgapHotPath;
  delete shared.stopgapIntake;
});
