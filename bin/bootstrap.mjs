// The first file of every `npm run`: plain JavaScript without dependencies, so that it runs on the Node that is
// there (20.19 or newer). It makes the checkout ready, then hands over to the Node and the code of the project.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { portProblem } from './ports.mjs';
import {
  buildSdk,
  buildWeb,
  generateClient,
  install,
  interrupt,
  nodeProgram,
  Refusal,
  ROOT,
} from './prepare.mjs';
import { print, printError } from './progress.mjs';
import { WEB_FLAGS } from './web-flags.mjs';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** What each `npm run NAME` starts, and whether it needs the built pages. */
const SCRIPTS = {
  demo: { file: 'bin/stopgap.ts', first: ['demo'], web: true },
  start: { file: 'bin/stopgap.ts', first: ['start'], web: true },
  stopgap: { file: 'bin/stopgap.ts', first: [], web: false },
  test: { file: 'bin/check.ts', first: [], web: true },
  'test:gateways': { file: 'gateways/run.ts', first: [], web: false },
  bench: { file: 'bench/run.ts', first: [], web: false },
  'db:diff': { file: 'bin/db-diff.ts', first: [], web: false },
};

let interrupted = false;
let child;

for (const signal of SIGNALS) process.on(signal, () => stop(signal));

function stop(signal) {
  interrupted = true;
  interrupt(signal);
  child?.kill(signal);
}

// npm that is told to end may go without passing the word on; what it started would then run without an owner.
const PARENT = process.ppid;
const PARENT_EVERY_MS = 1_000;
if (process.env.npm_lifecycle_event) {
  const watch = setInterval(() => {
    if (process.ppid === PARENT) return;
    clearInterval(watch);
    stop('SIGTERM');
  }, PARENT_EVERY_MS);
  watch.unref();
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new Refusal(`Stopgap needs Node 20.19 or newer to start; this is ${process.versions.node}.`);
}

/** Says it before minutes of installing and building. */
async function requirePorts(command) {
  const file = path.join(ROOT, '.env');
  if (existsSync(file)) process.loadEnvFile(file);
  const { PORT, FEED_PORT, STOPGAP_HOST } = process.env;
  const host = STOPGAP_HOST || (command === 'demo' ? '127.0.0.1' : '0.0.0.0');
  const wanted = [
    { port: Number(PORT || 3000), variable: 'PORT' },
    { port: Number(FEED_PORT || 3001), variable: 'FEED_PORT' },
  ];
  // A number that is none is told by the check of the whole environment.
  const problem = await portProblem(
    wanted.filter(({ port }) => port > 0 && port < 65_536),
    host,
    command,
  );
  if (problem) throw new Refusal(problem);
}

async function main([script = '', ...args]) {
  requireNode();
  const known = Object.hasOwn(SCRIPTS, script) ? SCRIPTS[script] : undefined;
  if (!known) throw new Refusal(`There is no script "${script}".`);
  const words = [...known.first, ...args];
  const command = known.file === 'bin/stopgap.ts' ? words[0] : script;
  const runsAll = command === 'demo' || command === 'start';
  if (runsAll) await requirePorts(command);
  await install();
  await generateClient();
  await buildSdk();
  if (known.web || runsAll || (command === 'web' && !args.includes('--dev'))) await buildWeb();
  if (interrupted) return 130;
  return handOver([...(command === 'web' && !args.includes('--dev') ? WEB_FLAGS : []), known.file, ...words]);
}

function handOver(args) {
  return new Promise((resolve, reject) => {
    // The channel tells the other side when this process is gone, however it went.
    child = spawn(nodeProgram(), ['--disable-warning=ExperimentalWarning', ...args], {
      cwd: ROOT,
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
      env: {
        ...process.env,
        PATH: `${path.join(ROOT, 'node_modules/.bin')}${path.delimiter}${process.env.PATH}`,
      },
    });
    child.on('message', (message) => message.say && print(message.say));
    child.once('error', (error) => reject(new Refusal(`Node 24 cannot be started (${error.code}).`)));
    child.once('exit', (code, signal) => resolve(signal ? 1 : code));
  });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!interrupted) {
    if (error?.code === 'ENOSPC') printError('The disk is full. Free some space and start again.');
    else if (error?.code === 'EACCES' || error?.code === 'EPERM') {
      printError(`No permission to write ${error.path}. Run as the user that owns this folder.`);
    } else printError(error instanceof Refusal ? error.message : String(error?.stack ?? error));
  }
  process.exitCode = interrupted ? 130 : 1;
}
