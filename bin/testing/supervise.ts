import { loadEnvironment } from '../environment.ts';
import { print, printError } from '../progress.mjs';
import { type SupervisorOptions, supervise } from '../supervisor.ts';

// Runs a real supervisor over the processes given as JSON, for the tests. Prints "ready" when they serve.

const given = JSON.parse(process.argv[2] ?? '{}') as Partial<SupervisorOptions>;
const { STOPGAP_DATA_DIR, DATABASE_URL } = loadEnvironment();
try {
  await supervise({
    command: 'demo',
    dataDir: STOPGAP_DATA_DIR,
    cwd: import.meta.dirname,
    host: '127.0.0.1',
    ports: [],
    databaseUrl: DATABASE_URL,
    processes: [],
    ...given,
    onReady: async () => print('ready'),
  });
  process.exit(0);
} catch (error) {
  printError(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
