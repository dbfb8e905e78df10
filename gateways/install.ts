import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../bin/prepare.mjs';
import { during } from '../bin/progress.mjs';

// Real gateways and policy engines, installed where pip and Go are at hand. Never dependencies of Stopgap.

export const LITELLM_VERSION = '1.108.7';
export const OPA_VERSION = '1.22.4';

const FOLDER = path.join(ROOT, '.stopgap', 'gateways');

export type Installed = { file: string } | { missing: string };

const has = (program: string, args: string[]) => spawnSync(program, args, { stdio: 'ignore' }).status === 0;

/** The program `litellm` of its own virtual environment. */
export async function installLiteLlm(): Promise<Installed> {
  const home = path.join(FOLDER, `litellm-${LITELLM_VERSION}`);
  const file = path.join(home, 'bin', 'litellm');
  if (existsSync(file)) return { file };
  if (!has('python3', ['-m', 'venv', '--help'])) return { missing: 'python3 with venv is not here' };
  mkdirSync(FOLDER, { recursive: true });
  return attempt(`Installing LiteLLM ${LITELLM_VERSION}`, file, async () => {
    await run('python3', ['-m', 'venv', home]);
    const wanted = `litellm[proxy]==${LITELLM_VERSION}`;
    await run(path.join(home, 'bin', 'pip'), [
      // What is imported is compiled at its first start; pip would compile ten times as much.
      ...['install', '--quiet', '--disable-pip-version-check', '--no-compile'],
      wanted,
    ]);
  });
}

/** The program `opa`, built from its Go module. */
export async function installOpa(): Promise<Installed> {
  const home = path.join(FOLDER, `opa-${OPA_VERSION}`);
  const file = path.join(home, 'opa');
  if (existsSync(file)) return { file };
  if (!has('go', ['version'])) return { missing: 'go is not here' };
  return attempt(`Building OPA ${OPA_VERSION}`, file, () =>
    run('go', ['install', '-trimpath', `github.com/open-policy-agent/opa@v${OPA_VERSION}`], { GOBIN: home }),
  );
}

async function attempt(step: string, file: string, install: () => Promise<void>): Promise<Installed> {
  try {
    await during(step, install);
    return { file };
  } catch (error) {
    return { missing: `${step} failed: ${error instanceof Error ? error.message : error}` };
  }
}

function run(program: string, args: string[], env: Record<string, string> = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said = `${said}${chunk}`.slice(-400);
    });
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(said.trim() || `exit ${code}`)),
    );
  });
}
