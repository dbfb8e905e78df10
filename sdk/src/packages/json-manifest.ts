import type { Ecosystem } from './ecosystems.ts';
import { mention, type Open } from './found.ts';
import { npmNames } from './javascript.ts';
import type { PackageMention } from './mention.ts';
import { readSpecifier } from './specifiers.ts';

/**
 * Dependencies in JSON: package.json and its lock files, composer, Pipfile.lock, deno.json, NuGet's lock files, SwiftPM's.
 * One pass over strings and brackets; what is around them, and whether the text is whole, does not matter.
 */

/** A string, a bracket, or a comma between values; other values say nothing. Comments are those of JSONC. */
const TOKEN = /"((?:[^"\\\n]|\\.){0,1000})"|[{}[\],]|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g;
const COLON = /\s*:/y;
const OBJECT = /\s*:\s*\{/y;

const NPM_KEYS =
  /^(?:dependencies|(?:dev|peer|optional)Dependencies|bundled?Dependencies|resolutions|overrides|catalog|imports|requires|nodeModules)$/;
const COMPOSER_KEYS = /^(?:require|require-dev|conflict|replace|suggest)$/;
const PIPFILE_KEYS = /^(?:default|develop)$/;

/** As npm writes which versions it takes. */
const RANGE =
  /^(?:\s*(?:[\^~<>=|]|\|\|)*\s*v?\d+(?:\.(?:\d+|[x*])){0,2}(?:[-+][\w.+-]*)?(?:\s+-\s+)?)+$|^(?:\*|x|latest|next)$/;
const FULL = /\d+\.\d+|^[\^~<>=]/;
const ADDRESSED = /^(?:npm|jsr|workspace|catalog|link|file|git(?:\+\w+)?|github):/;
const COMPOSER_NAME = /^[a-z0-9][\w.-]*\/[\w.-]+$/i;
const NPM_NAME = /^(?:@[\w.~-]+\/)?[A-Za-z0-9_~][\w.~-]*$/;
const NUGET_KEY = /^([A-Za-z_][\w.-]*)\/(\d+(?:\.\d+)+[\w.+-]*)$/;
/** `p@1.0.0` of bun.lock and pnpm. */
const RESOLVED = /^((?:@[\w.~-]+\/)?[\w.~-]+)@(?:npm:)?(\d+\.\d+\.\d+[\w.+-]*)$/;

interface Level {
  /** The key that the object or list is the value of. */
  key: string;
  /** Where that key stands, to be told when what is inside says what it is. */
  at: { start: number; end: number } | null;
  list: boolean;
  /** What that key was read as: its version stands inside. */
  told: PackageMention | null;
}

const TOP: Level = { key: '', at: null, list: false, told: null };
/** Deeper levels are read as if they were at this one. */
const DEEPEST = 200;

export function readJson(text: string, open: Open[] = []): PackageMention[] {
  const found: PackageMention[] = [];
  const stack: Level[] = [TOP];
  let key: { name: string; start: number; end: number } | null = null;
  let depth = 0;
  /** What the key before an object was read as. */
  let told: PackageMention | null = null;
  const add = (ecosystem: Ecosystem, name: string, start: number, version: string | null = null) =>
    found.push(...mention(ecosystem, 'manifest', [name], start, start + name.length, version));

  const pair = (level: Level, at: { name: string; start: number }, value: string, valueStart: number) => {
    const { name, start } = at;
    const isRange = RANGE.test(value) && FULL.test(value);
    if (level.key === 'imports' || ADDRESSED.test(value)) {
      if (/^(?:npm|jsr):/.test(value)) found.push(...readSpecifier('npm', value, valueStart, 'manifest'));
      else if (/^https?:/.test(value)) {
        const { names, version } = npmNames(value);
        found.push(...mention('npm', 'manifest', names, valueStart, valueStart + value.length, version));
      }
    }
    if (COMPOSER_KEYS.test(level.key) && COMPOSER_NAME.test(name)) add('composer', name, start, value);
    else if (NPM_KEYS.test(level.key) && NPM_NAME.test(name)) add('npm', name, start, value);
    else if (isRange && COMPOSER_NAME.test(name)) add('composer', name, start, value);
    else if ((isRange || ADDRESSED.test(value)) && NPM_NAME.test(name)) add('npm', name, start, value);
    else if (name === 'name' && COMPOSER_NAME.test(value)) add('composer', value, valueStart);
    else if (name === 'resolved' || name === 'location' || name === 'repositoryURL' || name === 'resolution')
      found.push(
        ...readSpecifier(
          /^https?:.*\.git$|^git@/.test(value) ? 'swift' : 'npm',
          value,
          valueStart,
          'manifest',
        ),
      );
    if (level.told && (name === 'version' || (name === 'resolved' && !value.includes('://')))) {
      level.told.version ??= value;
    }
    if (!level.at) return;
    const isPip =
      /^(?:hashes|index|markers|extras)$/.test(name) || (name === 'version' && value.startsWith('=='));
    const isNuget = name === 'type' && /^(?:Direct|Transitive|CentralTransitive)$/.test(value);
    if (isPip || isNuget) tell(level, isPip ? 'pypi' : 'nuget', name === 'version' ? value : null);
  };

  /** What is inside of an object has said what its key is. */
  const tell = (level: Level, ecosystem: Ecosystem, version: string | null) => {
    if (!level.at) return;
    add(ecosystem, level.key, level.at.start, version);
    level.told = found.at(-1) ?? null;
    level.at = null;
  };

  for (const match of text.matchAll(TOKEN)) {
    const sign = match[0][0];
    const level = stack.at(-1) ?? TOP;
    if (sign === '{' || sign === '[') {
      depth++;
      if (stack.length < DEEPEST) {
        stack.push({ key: key?.name ?? '', at: key && sign === '{' ? key : null, list: sign === '[', told });
        told = null;
        // `"hashes": [` comes before the version.
        if (key && sign === '[' && key.name === 'hashes') tell(level, 'pypi', null);
      }
      key = null;
    } else if (sign === '}' || sign === ']') {
      if (depth > 0) depth--;
      if (stack.length > 1 && depth < DEEPEST - 1) stack.pop();
      key = null;
    } else if (sign === ',') key = null;
    else if (sign === '"') {
      const value = match[1] as string;
      const start = match.index + 1;
      COLON.lastIndex = start + value.length + 1;
      if (!COLON.test(text)) {
        if (key) pair(level, key, value, start);
        else if (level.list) item(level.key, value, start);
        key = null;
        continue;
      }
      key = { name: value, start, end: start + value.length };
      OBJECT.lastIndex = key.end + 1;
      const known = found.length;
      if (OBJECT.test(text)) object(level, value, start);
      told = found[known] ?? null;
    }
  }

  if (key) open.push(key);
  for (const level of stack) {
    if (level.at) open.push(level.at);
    if (level.told?.version === null) open.push(level.told);
  }

  function item(list: string, value: string, start: number) {
    const resolved = RESOLVED.exec(value);
    if (resolved) add('npm', resolved[1] as string, start, resolved[2]);
    else if (/^bundled?Dependencies$/.test(list) && NPM_NAME.test(value)) add('npm', value, start);
  }

  /** A key whose value is an object. */
  function object(level: Level, name: string, start: number) {
    const installed = name.lastIndexOf('node_modules/');
    const nuget = NUGET_KEY.exec(name);
    if (installed !== -1) {
      const at = installed + 'node_modules/'.length;
      add('npm', name.slice(at), start + at);
    } else if (nuget) add('nuget', nuget[1] as string, start, nuget[2]);
    else if (/^(?:dependencies|packages)$/.test(level.key) && NPM_NAME.test(name) && !/^net/.test(name))
      add('npm', name, start);
    else if (PIPFILE_KEYS.test(level.key)) return;
  }
  return found;
}
