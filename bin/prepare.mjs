// Plain JavaScript: this makes a fresh clone ready before any TypeScript can run.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { during } from './progress.mjs';

export const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '');
const LOGS = path.join(ROOT, '.stopgap', 'logs');
const at = (...parts) => path.join(ROOT, ...parts);
const bin = (name) => at('node_modules', '.bin', process.platform === 'win32' ? `${name}.cmd` : name);

/** A failure told in one line. */
export class Refusal extends Error {}

let current;
/** Ends the step that is under way, for Ctrl-C. */
export function interrupt(signal) {
  current?.kill(signal);
}

/** The Node that runs everything else: ours from npm, or the one at hand when it is as new. */
export function nodeProgram() {
  const own = bin('node');
  if (existsSync(own)) return own;
  if (Number.parseInt(process.versions.node, 10) >= 24) return process.execPath;
  throw new Refusal(
    'Node 24 is missing: npm did not run install scripts. Allow them (npm config set ignore-scripts false), delete node_modules and start again.',
  );
}

/** `npm ci`, when node_modules is missing or was made for another lock file. */
export async function install() {
  const lock = readFileSync(at('package-lock.json'));
  const stamp = at('node_modules', '.stopgap-install');
  const wanted = createHash('sha256').update(lock).digest('hex');
  if (readIfThere(stamp) === wanted) return;
  // Installed by hand since the lock file last changed: just as good.
  const byNpm = at('node_modules', '.package-lock.json');
  if (!(existsSync(byNpm) && statSync(byNpm).mtimeMs >= statSync(at('package-lock.json')).mtimeMs)) {
    const npm = process.env.npm_execpath;
    const [program, first] = npm ? [process.execPath, [npm]] : ['npm', []];
    const args = [...first, 'ci', '--prefer-offline', '--no-audit', '--no-fund'];
    await during(
      'Installing packages',
      () => run('install', program, args, installProblem),
      'Packages are installed',
    );
  }
  writeFileSync(stamp, wanted);
}

/** The database client, from prisma/schema.prisma. */
export function generateClient() {
  const made = at('lib/generated/prisma/client.ts');
  const wanted = digest(['prisma/schema.prisma', 'prisma.config.ts', 'package-lock.json']);
  return unlessFresh(
    at('lib/generated/stamp'),
    wanted,
    existsSync(made),
    'Generating the database client',
    () => run('generate', bin('prisma'), ['generate']),
  );
}

/** `@stopgap/sdk` as a serving layer imports it. */
export function buildSdk() {
  const wanted = digest([
    'sdk/src',
    'sdk/build.mjs',
    'sdk/tsconfig.json',
    'sdk/package.json',
    'package-lock.json',
  ]);
  const made = existsSync(at('sdk/dist/index.js'));
  return unlessFresh(at('sdk/dist/.stamp'), wanted, made, 'Building the SDK', () =>
    run('sdk', process.execPath, [at('sdk/build.mjs')]),
  );
}

/** The production build of the pages. */
export function buildWeb() {
  const loose = readdirSync(ROOT).filter((name) => /\.(ts|mjs)$/.test(name) && name !== 'next-env.d.ts');
  const wanted = digest([
    ...[
      'app',
      'components',
      'lib',
      'public',
      'sdk/src',
      'prisma/schema.prisma',
      'package-lock.json',
      'package.json',
    ],
    ...loose,
  ]);
  const made = existsSync(at('.next/BUILD_ID'));
  return unlessFresh(at('.next/stopgap-stamp'), wanted, made, 'Building the pages (a minute or two)', () =>
    run('build', bin('next'), ['build']),
  );
}

async function unlessFresh(stamp, wanted, made, label, work) {
  if (made && readIfThere(stamp) === wanted) return;
  rmSync(stamp, { force: true });
  await during(label, work, `${label.replace(/ \(.*\)/, '')}: done`);
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}

/** Over names and contents, so that a clone, a branch switch and a touched file all tell the truth. */
function digest(parts) {
  const hash = createHash('sha256').update(process.platform);
  const add = (relative) => {
    const file = at(relative);
    const about = statSync(file, { throwIfNoEntry: false });
    if (!about) return;
    if (about.isDirectory()) {
      const names = readdirSync(file).sort();
      for (const name of names) if (name !== 'generated') add(path.join(relative, name));
    } else if (!/\.test\.tsx?$/.test(relative)) hash.update(`\0${relative}\0`).update(readFileSync(file));
  };
  for (const part of parts) add(part);
  return hash.digest('hex');
}

/** Runs one program with its output in a log file; throws one line when it fails. */
function run(name, program, args, explain = lastError) {
  mkdirSync(path.dirname(LOGS), { recursive: true, mode: 0o711 });
  mkdirSync(LOGS, { recursive: true });
  const logFile = path.join(LOGS, `${name}.log`);
  return new Promise((resolve, reject) => {
    const file = createWriteStream(logFile);
    file.on('error', () => undefined);
    let output = '';
    const child = spawn(program, args, {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
      env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NO_COLOR: '1', ...environmentOf(name) },
    });
    current = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        file.write(chunk);
        output = (output + chunk).slice(-20_000);
      });
    }
    child.once('error', (error) => reject(new Refusal(`${program} cannot be started (${error.code}).`)));
    child.once('close', (code, signal) => {
      current = undefined;
      file.end();
      if (code === 0) resolve();
      else
        reject(
          new Refusal(signal ? `The step was ended by ${signal}.` : `${explain(output)} See ${logFile}`),
        );
    });
  });
}

function environmentOf(name) {
  // npm leaves out what tests need when this is `production`; Next builds nothing else.
  return { NODE_ENV: name === 'install' ? 'development' : 'production' };
}

function common(output) {
  if (/ENOSPC|No space left/i.test(output)) return 'The disk is full. Free some space and start again.';
  const denied = /(?:EACCES|EPERM)[^\n]*?'([^']+)'/.exec(output);
  if (denied) return `No permission to write ${denied[1]}. Run as the user that owns this folder.`;
  if (/EROFS/.test(output)) return 'This folder is on a read-only disk.';
  return null;
}

function installProblem(output) {
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ECONNRESET|ENETUNREACH|ENOTCACHED|network/i.test(output)) {
    return 'The packages could not be fetched: npm cannot reach its registry. Check the network (npm config get registry).';
  }
  return common(output) ?? `npm ci failed: ${lastLine(output, /npm (error|ERR!) /)}.`;
}

function lastError(output) {
  return common(output) ?? `It failed: ${lastLine(output, /error/i)}.`;
}

function lastLine(output, pattern) {
  const lines = output.split('\n').filter((line) => line.trim());
  const line = lines.find((each) => pattern.test(each)) ?? lines.at(-1) ?? 'it said nothing';
  return line
    .trim()
    .replace(/^npm (error|ERR!) /, '')
    .replace(/\.$/, '')
    .slice(0, 200);
}

function readIfThere(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}
