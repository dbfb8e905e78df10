import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { databaseOnFirstUse } from '../tests/database-on-first-use.ts';

// Real gateways in processes of their own: `npm run test:gateways`.
export default defineConfig({
  plugins: [databaseOnFirstUse],
  root: path.resolve(import.meta.dirname, '..'),
  test: {
    environment: 'node',
    globalSetup: './tests/postgres.ts',
    setupFiles: './tests/worker-database.ts',
    // The two of the feed ask a real OPA where there is one.
    include: ['gateways/**/*.gateway.ts', 'feed/opa/{packages,policy}.test.ts'],
    pool: 'forks',
    // Beside LiteLLM, which takes half of the time, the others.
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 240_000,
    execArgv: ['--disable-warning=ExperimentalWarning'],
    server: { deps: { inline: ['next-auth'] } },
  },
});
