import path from 'node:path';
import { setEnv } from '#lib/env';
import { type RunningPostgres, startPostgres } from '#lib/postgres/embedded';
import { createBackOff } from './back-off.ts';
import { checkDatabase, migrate } from './database.ts';
import { watchDisk } from './disk.ts';
import { lockDataDir } from './lock.ts';
import { createLogFile } from './log-file.ts';
import { type Ending, type ManagedProcess, type ProcessSpec, startProcess } from './managed-process.ts';
import { PlainError, plainMessage } from './plain-error.ts';
import { portProblem, type WantedPort } from './ports.mjs';
import { during, print, printError } from './progress.mjs';

export type SupervisorOptions = {
  /** What the reader typed after `npm run`. */
  command: string;
  dataDir: string;
  cwd: string;
  host: string;
  ports: WantedPort[];
  /** Absent: the embedded server is started and kept alive. */
  databaseUrl?: string;
  /** Runs before anything starts, once the data folder is ours. */
  beforeAll?: () => Promise<void>;
  /** They start together and stop one by one, the last first. */
  processes: ProcessSpec[];
  /** Starts when all of those serve, and stops before them. */
  afterwards?: () => ProcessSpec;
  /** Runs to its end on the migrated database before any other process starts. */
  prepare?: { label: string; done: string; process: ProcessSpec };
  /** Pause before the first restart of whatever ended; doubles from failure to failure. Default 1 s. */
  firstBackOffMs?: number;
  /** Called once when everything serves. */
  onReady: () => Promise<void>;
};

/** Time for each process to end by itself; four of them and Postgres (2 s at worst) stay under 10 s. */
const STOP_MS = 1_900;

/**
 * Runs everything until Ctrl-C, SIGTERM, SIGHUP or a failure that does not heal. Resolves after every
 * process it started has ended; rejects with one plain line for a failure.
 */
export async function supervise(options: SupervisorOptions): Promise<void> {
  const unlock = await lockDataDir(options.dataDir);
  const run = createRun(options);
  try {
    await run.untilStopped();
  } finally {
    await run.stopAll();
    unlock();
    run.release();
  }
}

function createRun(options: SupervisorOptions) {
  const { dataDir } = options;
  const logDir = path.join(dataDir, 'logs');
  const slots: { spec: ProcessSpec; process: ManagedProcess | undefined }[] = [];
  let postgres: RunningPostgres | undefined;
  let startingDatabase: Promise<RunningPostgres> | undefined;
  let stopping = false;
  let settle: (why: 'stop' | Error) => void = () => undefined;
  const outcome = new Promise<'stop' | Error>((resolve) => {
    settle = resolve;
  });

  const fail = (error: unknown) => {
    settle(error instanceof Error ? error : new Error(String(error)));
  };
  /** Whatever is being waited for, a signal or a fatal failure ends the wait. */
  const unlessStopped = async <T>(work: Promise<T>): Promise<T> => {
    work.catch(() => undefined);
    const first = await Promise.race([work.then((value) => ({ value })), outcome.then((why) => ({ why }))]);
    if ('why' in first) throw first.why === 'stop' ? new Stopped() : first.why;
    return first.value;
  };

  const onSignal = () => {
    // A terminal sends Ctrl-C to npm, to us and through npm to us again: only the first counts.
    settle('stop');
  };
  const disk = watchDisk(dataDir, printError);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  process.on('disconnect', onSignal);

  const startDatabase = async (port?: number) => {
    if (stopping) throw new Stopped();
    const file = createLogFile(logDir, 'postgres');
    const onLine = (line: string) => file.write(Buffer.from(`${line}\n`));
    startingDatabase = startPostgres(dataDir, [], { own: true, onLine, port });
    postgres = await startingDatabase;
    void postgres.exited.then(() => file.close());
    setEnv({ DATABASE_URL: postgres.url });
    return postgres;
  };

  const keepDatabase = async (server: RunningPostgres) => {
    const backOff = createBackOff(options.firstBackOffMs);
    for (let current = server; ; ) {
      await current.exited;
      if (stopping) return;
      const waitMs = backOff.failed();
      if (waitMs === null)
        throw new PlainError(`Postgres ended ${backOff.limit}. See ${logDir}/postgres.log`);
      printError(`! Postgres ended unexpectedly. Starting it again in ${waitMs / 1000} s.`);
      await pause(waitMs);
      if (stopping) return;
      try {
        current = await startDatabase(Number(new URL(server.url).port));
        printError('✓ Postgres is back.');
      } catch (error) {
        // Counted like an ending, so that a disk that stays full ends in one clear line.
        current = { ...current, exited: Promise.resolve() };
        if (backOff.exhausted()) throw new PlainError(plainMessage(error));
      }
    }
  };

  const launch = (slot: (typeof slots)[number], onSay?: (line: string) => void) => {
    if (stopping) throw new Stopped();
    slot.process = startProcess(slot.spec, {
      env: process.env,
      cwd: options.cwd,
      logDir,
      onSay: onSay ?? ((line) => print(`${slot.spec.name.padEnd(7)} ${line}`)),
    });
    return slot.process;
  };

  const keepProcess = async (slot: (typeof slots)[number], first: ManagedProcess) => {
    const { name } = slot.spec;
    const backOff = createBackOff(options.firstBackOffMs);
    for (let current = first; ; ) {
      const ending = await current.ended;
      if (stopping) return;
      const waitMs = backOff.failed();
      if (waitMs === null) throw new PlainError(`${name} ended ${backOff.limit}: ${tell(ending)}`);
      printError(`! ${name} ended (${ending.how}). Starting it again in ${waitMs / 1000} s.`);
      await pause(waitMs);
      if (stopping) return;
      current = launch(slot);
      void current.started.then((served) => served && printError(`✓ ${name} is back.`));
    }
  };

  const prepare = ({ label, done, process: spec }: NonNullable<SupervisorOptions['prepare']>) =>
    during(
      label,
      async (shown) => {
        const slot = { spec, process: undefined as ManagedProcess | undefined };
        slots.push(slot);
        const ending = await launch(slot, shown.update).ended;
        slots.splice(slots.indexOf(slot), 1);
        if (ending.how !== 'exit code 0') throw new PlainError(`${spec.name} failed: ${tell(ending)}`);
      },
      done,
    );

  const startGroup = (group: ProcessSpec[]) =>
    during(
      `Starting ${group.map((spec) => spec.name).join(', ')}`,
      async () => {
        const begun = group.map((spec) => {
          const slot = { spec, process: undefined as ManagedProcess | undefined };
          slots.push(slot);
          return { slot, first: launch(slot) };
        });
        await Promise.all(
          begun.map(async ({ slot, first }) => {
            if (await first.started) return;
            throw new PlainError(`${slot.spec.name} did not start: ${tell(await first.ended)}`);
          }),
        );
        for (const { slot, first } of begun) keepProcess(slot, first).catch(fail);
      },
      `${group.map((spec) => spec.name).join(', ')} ${group.length > 1 ? 'serve' : 'serves'}`,
    );

  const bringUp = async () => {
    const problem = await portProblem(options.ports, options.host, options.command);
    if (problem) throw new PlainError(problem);
    await options.beforeAll?.();
    const given = options.databaseUrl;
    if (given) await during('Checking the database', () => checkDatabase(given), 'Database answers');
    else keepDatabase(await during('Starting Postgres', () => startDatabase(), 'Postgres runs')).catch(fail);
    await during(
      'Migrating the database',
      () => migrate(given ?? postgres?.url ?? ''),
      'Database is up to date',
    );
    if (options.prepare) await prepare(options.prepare);
    await startGroup(options.processes);
    if (options.afterwards) await startGroup([options.afterwards()]);
    if (postgres && !postgres.databaseDir.startsWith(dataDir)) {
      print(
        `The user "postgres" may not look into ${dataDir}, so the database is in ${postgres.databaseDir}`,
      );
    }
    await options.onReady();
  };

  return {
    async untilStopped(): Promise<void> {
      try {
        await unlessStopped(bringUp());
        const why = await outcome;
        if (why !== 'stop') throw why;
      } catch (error) {
        if (!(error instanceof Stopped)) throw error;
      }
    },
    async stopAll(): Promise<void> {
      stopping = true;
      const running = slots.filter((slot) => slot.process);
      if (running.length === 0 && !startingDatabase) return;
      const begin = async () => {
        for (const slot of running.reverse()) await slot.process?.stop(STOP_MS);
        // A start that was interrupted still has to end before it can be stopped.
        const server = await startingDatabase?.catch(() => undefined);
        await server?.stop();
      };
      await during('Stopping', begin, 'Everything is stopped').catch((error) =>
        printError(plainMessage(error)),
      );
    },
    release() {
      disk.stop();
      for (const signal of signals) process.off(signal, onSignal);
      process.off('disconnect', onSignal);
    },
  };
}

/** Ends a start that is under way; not a failure. */
class Stopped extends Error {}

function tell({ how, lastLine, logFile }: Ending): string {
  return `${lastLine || how}. See ${logFile}`;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
