import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

export const PAGES_FOLDER = path.resolve(import.meta.dirname, '../../docs/serving');

interface Block {
  language: string;
  text: string;
}

/** The fenced blocks of `docs/serving/<name>.md`. */
export async function blocks(name: string): Promise<Block[]> {
  const page = await readFile(path.join(PAGES_FOLDER, `${name}.md`), 'utf8');
  return [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({
    language,
    text,
  }));
}

/** Every command of a page but those that start a process, each with the block that follows it. */
export async function commands(name: string): Promise<{ command: string; printed: Block }[]> {
  const all = await blocks(name);
  return all.flatMap(({ language, text }, index) => {
    if (language !== 'sh' || text.startsWith('npm run')) return [];
    return { command: text, printed: all[index + 1] ?? { language: '', text: '' } };
  });
}

/** What a command prints in a real shell. */
export async function printedBy(command: string, env: NodeJS.ProcessEnv): Promise<string> {
  const { stdout } = await promisify(execFile)('bash', ['-c', command], { env, timeout: 20_000 });
  return stdout;
}
