import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, inject } from 'vitest';
import { setEnv } from '#lib/env';
import { createDatabase } from '#lib/postgres/embedded';
import { setPasswordCost } from '#lib/users/password';

// Every test file gets a database of its own, cloned from the migrated template: nothing is mocked and no file sees
// another's rows. It is made when `lib/db.ts` is first loaded (database-on-first-use.ts): half of the files never do.
const url = inject('templateUrl').replace(/[^/]+$/, `test_${crypto.randomUUID().replaceAll('-', '')}`);
const shared = globalThis as {
  makeDatabase?: () => Promise<void>;
  stopgapDb?: { $disconnect(): Promise<void> };
};
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
});
