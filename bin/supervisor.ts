import path from 'node:path';
import { setEnv } from '#lib/env';
import { type RunningPostgres, startPostgres } from '#lib/postgres/embedded';
import { createBackOff } from './back-off.ts';
import { checkDatabase, migrate } from './database.ts';
import { lockDataDir } from './lock.ts';
import { createLogFile } from './log-file.ts';
import { type Ending, type ManagedProcess, type ProcessSpec, startProcess } from './managed-process.ts';
import { PlainError, plainMessage } from './plain-error.ts';
import { requirePorts, type WantedPort } from './ports.ts';
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
  /** Groups of processes in the order they start; each group waits for the one before. They stop in reverse. */
  processes: ProcessSpec[][];
  /** Runs to its end on the migrated database before any other process starts. */
  prepare?: { label: string; done: string; process: ProcessSpec };
  /** Called once when everything serves. */
  onReady: () => Promise<void>;
};

/** Time for each process to end by itself; with Postgres (5 s at worst) all stays under 10 s. */
const STOP_MS = [3_000, 1_500] as const;

/**
 * Runs everything until Ctrl-C, SIGTERM, SIGHUP or a failure that does not heal. Answers the exit code after
 * every process it started has ended.
 */
export async function supervise(options: SupervisorOptions): Promise<number> {
  const unlock = await lockDataDir(options.dataDir);
  const run = createRun(options);
  try {
    return await run.untilStopped();
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
  let settle: (outcome: number | Error) => void = () => undefined;
  const outcome = new Promise<number | Error>((resolve) => {
    settle = resolve;
  });

  const fail = (error: unknown) => {
    settle(error instanceof Error ? error : new Error(String(error)));
  };
  /** Whatever is being waited for, a signal or a fatal failure ends the wait. */
  const unlessStopped = async <T>(work: Promise<T>): Promise<T> => {
    work.catch(() => undefined);
    const first = await Promise.race([work.then((value) => ({ value })), outcome.then((why) => ({ why }))]);
    if ('why' in first) throw first.why instanceof Error ? first.why : new Stopped(first.why);
    return first.value;
  };

  const onSignal = (signal: NodeJS.Signals) => {
    // A terminal sends Ctrl-C to npm, to us and through npm to us again: only the first counts.
    if (!stopping) settle(signal === 'SIGINT' ? 130 : signal === 'SIGTERM' ? 143 : 129);
  };
  const onDisconnect = () => onSignal('SIGTERM');
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  process.on('disconnect', onDisconnect);

  const startDatabase = async (port?: number) => {
    const file = createLogFile(logDir, 'postgres');
    const onLine = (line: string) => file.write(Buffer.from(`${line}\n`));
    startingDatabase = startPostgres(dataDir, [], { own: true, onLine, port });
    postgres = await startingDatabase;
    void postgres.exited.then(() => file.close());
    setEnv({ DATABASE_URL: postgres.url });
    return postgres;
  };

  const keepDatabase = async (server: RunningPostgres) => {
    const backOff = createBackOff();
    for (let current = server; ; ) {
      await current.exited;
      if (stopping) return;
      const waitMs = backOff.failed();
      if (waitMs === null)
        throw new PlainError(`Postgres ended ${backOff.limit}. See ${logDir}/postgres.log`);
      print(`! Postgres ended unexpectedly. Starting it again in ${waitMs / 1000} s.`);
      await pause(waitMs);
      if (stopping) return;
      try {
        current = await startDatabase(Number(new URL(server.url).port));
        print('✓ Postgres is back.');
      } catch (error) {
        // Counted like an ending, so that a disk that stays full ends in one clear line.
        current = { ...current, exited: Promise.resolve() };
        if (backOff.exhausted()) throw new PlainError(plainMessage(error));
      }
    }
  };

  const launch = (slot: (typeof slots)[number], onSay?: (line: string) => void) => {
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
    const backOff = createBackOff();
    for (let current = first; ; ) {
      const ending = await current.ended;
      if (stopping) return;
      const waitMs = backOff.failed();
      if (waitMs === null) throw new PlainError(`${name} ended ${backOff.limit}: ${tell(ending)}`);
      print(`! ${name} ended (${ending.how}). Starting it again in ${waitMs / 1000} s.`);
      await pause(waitMs);
      if (stopping) return;
      current = launch(slot);
      void current.started.then((served) => served && print(`✓ ${name} is back.`));
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
    await requirePorts(options.ports, options.host, options.command);
    const given = options.databaseUrl;
    if (given) await during('Checking the database', () => checkDatabase(given), 'Database answers');
    else keepDatabase(await during('Starting Postgres', () => startDatabase(), 'Postgres runs')).catch(fail);
    await during(
      'Migrating the database',
      () => migrate(given ?? postgres?.url ?? ''),
      'Database is up to date',
    );
    if (options.prepare) await prepare(options.prepare);
    for (const group of options.processes) {
      if (stopping) return;
      await startGroup(group);
    }
    await options.onReady();
  };

  return {
    async untilStopped(): Promise<number> {
      try {
        await unlessStopped(bringUp());
        const end = await outcome;
        if (end instanceof Error) throw end;
        return end;
      } catch (error) {
        if (error instanceof Stopped) return error.exitCode;
        throw error;
      }
    },
    async stopAll(): Promise<void> {
      stopping = true;
      const running = slots.filter((slot) => slot.process);
      if (running.length === 0 && !startingDatabase) return;
      const begin = async () => {
        for (const [index, slot] of running.reverse().entries()) {
          await slot.process?.stop(STOP_MS[index === 0 ? 0 : 1]);
        }
        // A start that was interrupted still has to end before it can be stopped.
        const server = await startingDatabase?.catch(() => undefined);
        await server?.stop();
      };
      await during('Stopping', begin, 'Everything is stopped').catch((error) =>
        printError(plainMessage(error)),
      );
    },
    release() {
      for (const signal of signals) process.off(signal, onSignal);
      process.off('disconnect', onDisconnect);
    },
  };
}

class Stopped extends Error {
  readonly exitCode: number;
  constructor(exitCode: number) {
    super('stopped');
    this.exitCode = exitCode;
  }
}

function tell({ how, lastLine, logFile }: Ending): string {
  return `${lastLine || how}. See ${logFile}`;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
