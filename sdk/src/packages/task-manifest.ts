import type { Ecosystem } from './ecosystems.ts';
import { coordinate } from './jvm.ts';
import type { Line } from './lines.ts';
import type { PackageMention } from './mention.ts';
import { readSpecifier } from './specifiers.ts';

/** Files that tell another program what to install: tasks of Ansible, and lines of other tools that stand by themselves. */

/** Modules of Ansible by the registry they install from; https://docs.ansible.com/ansible/latest/collections/. */
const MODULES: Readonly<Record<string, Ecosystem>> = {
  pip: 'pypi',
  pipx: 'pypi',
  uv: 'pypi',
  npm: 'npm',
  pnpm: 'npm',
  yarn: 'npm',
  bun: 'npm',
  gem: 'gem',
  cargo: 'cargo',
  bundler: 'gem',
};
export const TASK =
  /^[ \t]*(?:-[ \t]+)?(?:ansible\.builtin\.|community\.general\.|[a-z]\w*\.[a-z]\w*\.)?(pipx?|uv|p?npm|yarn|bun|gem|cargo|bundler):(?:[ \t]+(.*))?$/m;
const NAME = /^[ \t]*(?:-[ \t]+)?(?:name|spec):(?:[ \t]+(.*))?$/;
const ITEM = /^[ \t]*-[ \t]+(.*)$/;
const INLINE = /\b(?:name|spec)=(?:"([^"\n]*)"|'([^'\n]*)'|(\S+))/;

/** The entries of a value: one, or a list in brackets. */
function* entries(value: string, start: number): Generator<{ text: string; start: number }> {
  const plain = value.replace(/[ \t]#.*$/, '');
  for (const match of plain.matchAll(
    /"([^"]*)"|'([^']*)'|[^\s[\],"'{}][^[\],"'{}]*(?:\[[^\]]*\])?[^[\],"'{}]*/g,
  )) {
    const text = match[1] ?? match[2] ?? match[0];
    yield { text, start: start + match.index + (text === match[0] ? 0 : 1) };
  }
}

/** Tasks of Ansible, line by line: the module, then the names behind it or below it. */
export class AnsibleTasks {
  /** The module whose arguments these are, and the list of names below it. */
  #module: { ecosystem: Ecosystem; indent: number } | null = null;
  #list = -1;

  read(line: Line): PackageMention[] {
    const { text, indent, start } = line;
    if (text.trim() === '' || /^\s*#/.test(text)) return [];
    const task = TASK.exec(text);
    if (task) {
      const [, name = '', value = ''] = task;
      const ecosystem = MODULES[name];
      const key = /^[ \t]*(?:-[ \t]+)?/.exec(text)?.[0].length ?? 0;
      this.#module = ecosystem && value === '' ? { ecosystem, indent: key } : null;
      this.#list = -1;
      const inline = value === '' ? null : INLINE.exec(text);
      const named = inline?.[1] ?? inline?.[2] ?? inline?.[3];
      if (!ecosystem || !inline || named === undefined) return [];
      return this.#names(ecosystem, named, start + inline.index + inline[0].lastIndexOf(named));
    }
    const module = this.#module;
    if (!module) return [];
    if (this.#list !== -1) {
      const item = indent >= this.#list ? ITEM.exec(text)?.[1] : undefined;
      if (item !== undefined) return this.#names(module.ecosystem, item, start + text.lastIndexOf(item));
      this.#list = -1;
    }
    // The module may stand behind the dash of its task.
    if (indent < module.indent || (indent === module.indent && !/^\s*-/.test(text))) {
      if (indent <= module.indent) this.#module = null;
      return [];
    }
    const named = NAME.exec(text);
    if (!named) return [];
    const [, value = ''] = named;
    if (value === '') this.#list = indent;
    return value === '' ? [] : this.#names(module.ecosystem, value, start + text.lastIndexOf(value));
  }

  #names(ecosystem: Ecosystem, value: string, start: number): PackageMention[] {
    return [...entries(value, start)].flatMap((each) =>
      readSpecifier(ecosystem, each.text, each.start, 'manifest'),
    );
  }
}

const HOOK_LIST = /^[ \t]*(?:-[ \t]+)?additional_dependencies:[ \t]*(?:#.*)?$/;

/** What hooks of pre-commit are installed with, one on a line: they are in Python or in Node, which stands elsewhere. */
export class Hooks {
  #list = -1;

  read({ text, indent, start }: Line): PackageMention[] {
    if (text.trim() === '' || /^\s*#/.test(text)) return [];
    if (HOOK_LIST.test(text)) {
      this.#list = indent;
      return [];
    }
    const item = this.#list !== -1 && indent >= this.#list ? ITEM.exec(text)?.[1] : undefined;
    if (item === undefined) {
      this.#list = -1;
      return [];
    }
    return hookNames(item, start + text.lastIndexOf(item));
  }
}

function hookNames(value: string, start: number): PackageMention[] {
  return [...entries(value, start)].flatMap((each) =>
    (['pypi', 'npm'] as const).flatMap((ecosystem) =>
      readSpecifier(ecosystem, each.text, each.start, 'manifest'),
    ),
  );
}

const JBANG = /^[ \t]*\/\/DEPS[ \t]+(.+)$/;
const ADD = /^[ \t]*(?:ONBUILD[ \t]+)?ADD[ \t]+(?:--\S+[ \t]+)*(.+)$/i;
const FETCHED = /https?:\/\/[^\s"',\]]+/g;
/** Hooks of pre-commit are in Python or in Node, which stands elsewhere. */
const HOOK = /^[ \t]*(?:-[ \t]+)?additional_dependencies:[ \t]*\[([^\]\n]*)/;
const PAKET = /^[ \t]*nuget[ \t]+([A-Za-z][\w.-]*)(?:[ \t]+(?:[~<>=! ]*\d\S*|[a-z]+:.*)?)?$/;
/** Lists of requirements that Python hands on: setup.py, nox. */
const CALLED = /\b(?:session\.install|(?:install|tests|setup)_requires[ \t]*=[ \t]*)[[(]([^\])\n]*)/;
/** `echo "kite==1" >> requirements.txt` */
const WRITTEN =
  /\b(?:echo|printf)[ \t]+(?:-\w+[ \t]+)*(["']?)([^"'\n|&;>]{1,300})\1[ \t]*>{1,2}[ \t]*["']?[\w./$-]*requirements[\w./-]*\.(?:txt|in)\b/g;
/** `npm:kite`, as mise and its like name what they install. */
const BACKEND = /(?:^|[\s"'[])(npm|pipx|cargo|gem|dotnet):([@A-Za-z][\w@./-]*)/g;
const MISE = /\bmise\b|^[ \t]*["'](?:npm|pipx|cargo|gem|dotnet):[^"'\n]+["'][ \t]*=/;
const BACKENDS: Readonly<Record<string, Ecosystem>> = {
  npm: 'npm',
  pipx: 'pypi',
  cargo: 'cargo',
  gem: 'gem',
  dotnet: 'nuget',
};

/** What a line by itself says that is to be fetched. */
export function fetchedLine(line: Line): PackageMention[] {
  const { text, start } = line;
  const jbang = JBANG.exec(text)?.[1];
  if (jbang !== undefined) {
    const from = start + text.lastIndexOf(jbang);
    return [...jbang.matchAll(/[^\s,]+/g)].flatMap(({ 0: each, index }) =>
      coordinate(each, from + index, 'manifest'),
    );
  }
  const added = ADD.exec(text)?.[1];
  if (added !== undefined) {
    const from = start + text.lastIndexOf(added);
    return [...added.matchAll(FETCHED)].flatMap(({ 0: url, index }) =>
      (/\.tgz(?:[?#]|$)/.test(url) ? (['npm'] as const) : (['pypi'] as const)).flatMap((ecosystem) =>
        readSpecifier(ecosystem, url, from + index, 'install'),
      ),
    );
  }
  const hook = HOOK.exec(text)?.[1];
  if (hook !== undefined) {
    return hookNames(hook, start + text.lastIndexOf(hook));
  }
  const written = [...text.matchAll(WRITTEN)].flatMap((match) => {
    const from = start + match.index + match[0].indexOf(match[2] as string);
    return [...(match[2] as string).replace(/\\n/g, '  ').matchAll(/\S+/g)].flatMap(({ 0: each, index }) =>
      readSpecifier('pypi', each, from + index, 'manifest'),
    );
  });
  if (written.length > 0) return written;
  const called = CALLED.exec(text);
  if (called) {
    const from = start + called.index + called[0].length - (called[1] ?? '').length;
    return [...(called[1] ?? '').matchAll(/"([^"]*)"|'([^']*)'/g)].flatMap((each) =>
      readSpecifier('pypi', each[1] ?? each[2] ?? '', from + each.index + 1, 'manifest'),
    );
  }
  const paket = PAKET.exec(text)?.[1];
  if (paket !== undefined) return readSpecifier('nuget', paket, start + text.indexOf(paket), 'manifest');
  if (!MISE.test(text)) return [];
  return [...text.matchAll(BACKEND)].flatMap(({ 0: all, 1: backend = '', 2: name = '', index }) => {
    const ecosystem = BACKENDS[backend];
    return ecosystem ? readSpecifier(ecosystem, name, start + index + all.lastIndexOf(name), 'manifest') : [];
  });
}
