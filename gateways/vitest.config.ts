import path from 'node:path';
import { defineConfig } from 'vitest/config';

// Real gateways in processes of their own: `npm run test:gateways`.
export default defineConfig({
  root: path.resolve(import.meta.dirname, '..'),
  test: {
    environment: 'node',
    globalSetup: './tests/postgres.ts',
    setupFiles: './tests/worker-database.ts',
    // The two of the feed ask a real OPA where there is one.
    include: ['gateways/**/*.gateway.ts', 'feed/opa/{packages,policy}.test.ts'],
    pool: 'forks',
    // Two at a time would only wait for each other.
    maxWorkers: 1,
    testTimeout: 120_000,
    hookTimeout: 240_000,
    execArgv: ['--disable-warning=ExperimentalWarning'],
    server: { deps: { inline: ['next-auth'] } },
  },
});
