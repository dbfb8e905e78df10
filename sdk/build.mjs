// Builds what is published: one self-contained module per entry, and the types. What the engine is made of (RE2, CEL)
// is taken in, so that a serving layer installs one dependency, zod, whose types are part of the interface.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const root = import.meta.dirname;
const at = (...parts) => path.join(root, ...parts);
const require = createRequire(import.meta.url);

/** In a fresh clone `npm pack` comes before anybody has installed what builds it. */
function installed() {
  try {
    return Boolean(require.resolve('vite') && require.resolve('typescript/package.json'));
  } catch {
    return false;
  }
}
if (!installed()) {
  // Of the whole checkout, not of the one workspace that is packed; what npm prints there is not its answer.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_config_(?:workspaces?|json)$/i.test(name)),
  );
  const command = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  execFileSync('npm', command, {
    cwd: at('..'),
    env,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
}
const { build } = await import('vite');

/** Taken into the bundle, each under its own licence, which travels with it. */
const INCLUDED = ['re2js', '@marcbachmann/cel-js'];
/** Optional: a serving layer installs them when it wants what they are for. */
const OPTIONAL = [/^@ast-grep\//, /^@nats-io\//, /^@ai-sdk\//];

/** Nobody installs what is taken in, so the types must not ask for it; none of its own is part of the interface. */
function hideIncluded() {
  for (const name of readdirSync(MADE, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.d.ts')) continue;
    const file = path.join(MADE, name);
    const text = readFileSync(file, 'utf8');
    const hidden = text.replace(/^import (?:type )?\{([^}]*)\} from '([^']+)';$/gm, (line, names, from) =>
      INCLUDED.includes(from)
        ? names
            .split(',')
            .map(
              (each) =>
                `type ${each
                  .trim()
                  .split(/\s+as\s+/)
                  .pop()} = unknown;`,
            )
            .join('\n')
        : line,
    );
    if (hidden !== text) writeFileSync(file, hidden);
  }
}

// Made beside the last one, which stays until this one is whole.
const MADE = at(`.dist-${process.pid}`);
process.on('exit', () => rmSync(MADE, { recursive: true, force: true }));
const tsc = path.join(path.dirname(require.resolve('typescript/package.json')), 'bin/tsc');
execFileSync(process.execPath, [tsc, '-p', at('tsconfig.json'), '--outDir', MADE], { stdio: 'inherit' });
hideIncluded();
await build({
  configFile: false,
  root,
  logLevel: 'warn',
  ssr: { noExternal: INCLUDED },
  build: {
    ssr: true,
    target: 'node20',
    minify: false,
    outDir: MADE,
    emptyOutDir: false,
    rolldownOptions: {
      input: {
        index: at('src/index.ts'),
        ai: at('src/integrations/ai.ts'),
        http: at('src/integrations/http.ts'),
      },
      external: [/^node:/, /^zod(\/|$)/, ...OPTIONAL],
      output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'shared-[hash].js' },
    },
  },
});

const folder = (name) => {
  let dir = path.dirname(require.resolve(name));
  while (!readIfThere(path.join(dir, 'package.json'))?.includes(`"name": "${name}"`)) dir = path.dirname(dir);
  return dir;
};
function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
const licences = INCLUDED.map(
  (name) => `${name}\n\n${readFileSync(path.join(folder(name), 'LICENSE'), 'utf8')}`,
);
writeFileSync(path.join(MADE, 'THIRD-PARTY.txt'), licences.join(`\n${'-'.repeat(80)}\n\n`));
rmSync(at('dist'), { recursive: true, force: true });
renameSync(MADE, at('dist'));
