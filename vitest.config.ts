import { defineConfig } from 'vitest/config';

// An odd zone with a half-hour offset, so that a time bug fails loudly.
process.env.TZ = 'Asia/Kolkata';

export default defineConfig({
  test: {
    environment: 'node',
    globalSetup: './tests/postgres.ts',
    setupFiles: './tests/worker-database.ts',
    include: ['**/*.test.ts'],
    exclude: ['node_modules', '.next*', 'sdk/dist', 'e2e'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // The migration engine is WebAssembly that Node still calls experimental.
    execArgv: ['--disable-warning=ExperimentalWarning'],
    server: { deps: { inline: ['next-auth'] } },
  },
});
