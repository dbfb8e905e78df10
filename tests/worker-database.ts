import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, inject } from 'vitest';

// Loaded here, so that they are the file's own (own-modules.ts).
const { setEnv } = await import('#lib/env');
const { createDatabase } = await import('#lib/postgres/embedded');
const { setPasswordCost } = await import('#lib/users/password');

type Kept = { $disconnect?(): Promise<void>; end?(): Promise<void> };
const shared = globalThis as unknown as Record<string, Kept> & { makeDatabase?: () => Promise<void> };

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

// What the product keeps once for a process is the file's: pools of connections end with it.
afterAll(async () => {
  for (const name of Object.keys(shared).filter((each) => each.startsWith('stopgap'))) {
    const kept = shared[name];
    delete shared[name];
    await kept?.$disconnect?.();
    await kept?.end?.();
  }
});
