import path from 'node:path';
import { parseArgs } from 'node:util';
import { systemActor } from '#lib/actor';
import { withDatabase } from '../database.ts';
import { checkSecretRules, loadEnvironment } from '../environment.ts';
import { barLine } from '../importing/bar.ts';
import { csvTemplate } from '../importing/csv.ts';
import { FORMATS, recognise, shapeOf } from '../importing/format.ts';
import { openFile } from '../importing/open.ts';
import { type ImportOptions, outcomes } from '../importing/outcomes.ts';
import { Tally } from '../importing/tally.ts';
import { PlainError } from '../plain-error.ts';
import { print, printError, step } from '../progress.mjs';

const INTERRUPTED = 130;

/**
 * `import FILE`: takes NDJSON, CSV, SARIF or logs of gateways and model services into the database that a running Stopgap uses.
 * Exit code 1 when anything was refused, 130 when it was stopped; what was in by then is skipped the next time.
 */
export async function importFile(args: string[]): Promise<number> {
  const { values, positionals } = readArgs(args);
  if (values.template) {
    print(csvTemplate());
    return 0;
  }
  const [file, ...more] = positionals;
  if (!file || more.length > 0)
    throw new PlainError('import needs one FILE. Try: npm run stopgap -- help', 2);
  const source = sourceOf(values.source);
  const opened = await openFile(file);
  const found = values.format === undefined ? recognise(opened.head) : null;
  const format = found?.format ?? FORMATS.find((each) => each === values.format);
  if (!format) {
    const known = FORMATS.join(', ');
    throw new PlainError(
      values.format === undefined
        ? `What ${file} holds cannot be told. Say it with --format: ${known}.`
        : `There is no format "${values.format}". There is: ${known}.`,
      2,
    );
  }
  loadEnvironment();
  await checkSecretRules();
  const dryRun = values['dry-run'] ?? false;
  const shape = found?.shape ?? shapeOf(opened.head);
  if (dryRun) print(`Read as ${format}: ${found?.why ?? 'as --format says'}.`);
  return withDatabase(() => run(opened, { file, format, shape, source, actor: systemActor(source), dryRun }));
}

async function run(opened: Awaited<ReturnType<typeof openFile>>, options: ImportOptions): Promise<number> {
  const tally = new Tally();
  let stopped = false;
  // The batch under way is finished; a second Ctrl-C ends the process at once, which loses nothing either.
  const stop = () => {
    stopped = true;
  };
  process.once('SIGINT', stop);
  const startedAt = Date.now();
  const label = `${options.dryRun ? 'Checking' : 'Importing'} ${path.basename(options.file)} as ${options.format}`;
  const shown = step(label);
  try {
    for await (const batch of outcomes(opened, options, tally.failures)) {
      for (const outcome of batch) tally.add(outcome);
      const seconds = (Date.now() - startedAt) / 1000;
      const far = { read: opened.bytesRead(), size: opened.size, rows: tally.total, seconds };
      shown.update(`${label} ${barLine(far, process.stderr.isTTY)}`);
      if (stopped) break;
    }
    if (!stopped) shown.done(`${label}, ${tally.total} rows`);
  } catch (error) {
    if (!stopped) {
      shown.drop();
      if (tally.total > 0) tally.report(options.dryRun);
      throw error;
    }
  } finally {
    shown.drop();
    process.off('SIGINT', stop);
  }
  tally.report(options.dryRun);
  if (stopped) {
    printError('Stopped. Run the same command to go on: what is in already is skipped.');
    return INTERRUPTED;
  }
  return tally.anyLost ? 1 : 0;
}

function sourceOf(given: string | undefined): string {
  const source = given ?? 'import';
  if (source.length >= 1 && source.length <= 200 && source.isWellFormed() && !source.includes('\0'))
    return source;
  throw new PlainError('--source must be a name of 1 to 200 characters.', 2);
}

function readArgs(args: string[]) {
  try {
    return parseArgs({
      args,
      strict: true,
      allowPositionals: true,
      options: {
        source: { type: 'string' },
        format: { type: 'string' },
        'dry-run': { type: 'boolean' },
        template: { type: 'boolean' },
      },
    });
  } catch (error) {
    const message = error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error);
    throw new PlainError(`${message}. Try: npm run stopgap -- help`, 2);
  }
}
