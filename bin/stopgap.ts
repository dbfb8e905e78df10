import { AppError } from '#lib/errors';
import { help } from './commands/help.ts';
import { PlainError, plainMessage } from './plain-error.ts';
import { print, printError } from './progress.mjs';

/** Answers the exit code; 0 when it answers none. */
type Command = (args: string[]) => Promise<number | undefined>;

const commands: Record<string, () => Promise<Command>> = {
  demo: async () => (await import('./commands/demo.ts')).demo,
  start: async () => (await import('./commands/start.ts')).start,
  web: async () => (await import('./commands/web.ts')).web,
  worker: async () => (await import('./commands/worker.ts')).worker,
  feed: async () => (await import('./commands/feed.ts')).feed,
  sidecar: async () => (await import('./commands/sidecar.ts')).sidecar,
  relay: async () => (await import('./commands/relay.ts')).relay,
  migrate: async () => (await import('./commands/migrate.ts')).migrate,
  keys: async () => (await import('./commands/keys.ts')).keys,
  users: async () => (await import('./commands/users.ts')).users,
  import: async () => (await import('./commands/import.ts')).importFile,
};

async function main([name = 'help', ...args]: string[]): Promise<number> {
  if (
    name === 'help' ||
    name === '--help' ||
    name === '-h' ||
    args.includes('--help') ||
    args.includes('-h')
  ) {
    print(help);
    return 0;
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!load) throw new PlainError(`There is no command "${name}". Try: npm run stopgap -- help`, 2);
  const command = await load();
  return (await command(args)) ?? 0;
}

/** One line for the reader; only a bug, which nobody foresaw, shows its stack. */
function report(error: unknown): number {
  if (error instanceof PlainError) {
    printError(error.message);
    return error.exitCode;
  }
  if (error instanceof AppError) {
    printError(error.message);
    return error.code === 'invalid' ? 2 : 1;
  }
  const isBug = error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;
  printError(isBug && error.stack ? error.stack : plainMessage(error));
  return 1;
}

process.exitCode = await main(process.argv.slice(2)).catch(report);
// A long command has ended in order by now; a forgotten timer must not hold the terminal.
setTimeout(() => process.exit(), 250).unref();
