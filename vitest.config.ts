import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { databaseOnFirstUse } from './tests/database-on-first-use.ts';

// An odd zone with a half-hour offset, so that a time bug fails loudly.
process.env.TZ = 'Asia/Kolkata';
// Each test file and many tests start a process: it finds what the others compiled.
process.env.NODE_COMPILE_CACHE ??= path.resolve(import.meta.dirname, '.stopgap/compile-cache');

const NEVER = ['node_modules', '.next*', 'sdk/dist', 'e2e'];
/** What runs in other people's processes and in browsers: no database is there, nor made for it. */
const ALONE = ['sdk/**/*.test.ts', 'components/**/*.test.ts'];

export default defineConfig({
  plugins: [databaseOnFirstUse],
  test: {
    // Twice the two cores that CI has: with three workers they waited 40 % of the time, for Postgres or a process.
    maxWorkers: 4,
    projects: [
      {
        extends: true,
        test: { name: 'alone', include: ALONE, exclude: NEVER, setupFiles: './tests/own-modules.ts' },
      },
      {
        extends: true,
        test: {
          name: 'database',
          include: ['**/*.test.ts'],
          exclude: [...NEVER, ...ALONE],
          globalSetup: './tests/postgres.ts',
          setupFiles: ['./tests/own-modules.ts', './tests/worker-database.ts'],
        },
      },
    ],
    environment: 'node',
    pool: 'forks',
    // Loading Prisma, Next.js and zod anew for each file took a quarter of the run's CPU.
    isolate: false,
    sequence: { setupFiles: 'list' },
    // What never comes is found all the same; a busy machine is not mistaken for it.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    // The migration engine is WebAssembly that Node still calls experimental.
    execArgv: ['--disable-warning=ExperimentalWarning'],
    server: { deps: { inline: ['next-auth'] } },
  },
});
