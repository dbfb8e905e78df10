import type { Ecosystem } from '#sdk/packages/ecosystems';
import type { JsonForm, Put } from './advisories.ts';
import { checked } from './item.ts';
import { asList, isObject, type JsonObject, textOf } from './json-shape.ts';
import { versionsIn } from './version-words.ts';

const entry = (put: Put, field: string, name: string, ecosystem: Ecosystem, version: unknown) => {
  const written = textOf(version);
  // A range that names a place instead (`file:..`, `workspace:*`, `latest`) says nothing of versions.
  const versions = written === undefined ? null : (versionsIn(written) ?? null);
  put(checked({ name, ecosystem, versions }), field, name);
};

const eachOf = (value: unknown): [string, unknown][] => (isObject(value) ? Object.entries(value) : []);
/** Lock files name places: `node_modules/a/node_modules/@b/c`. */
const afterFolder = (place: string) =>
  place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);

function readPackageLock(value: JsonObject, put: Put): void {
  for (const [place, found] of eachOf(value.packages)) {
    if (!place.includes('node_modules/') || !isObject(found) || found.link === true) continue;
    entry(put, 'packages', textOf(found.name) ?? afterFolder(place), 'npm', found.version);
  }
  if (isObject(value.packages)) return;
  const nested = (list: unknown) => {
    for (const [name, found] of eachOf(list)) {
      if (!isObject(found)) continue;
      entry(put, 'dependencies', name, 'npm', found.version);
      nested(found.dependencies);
    }
  };
  nested(value.dependencies);
}

const NPM_MAPS = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'] as const;
const COMPOSER_MAPS = ['require', 'require-dev'] as const;
const hasMap = (value: JsonObject, keys: readonly string[]) =>
  keys.some(
    (key) => isObject(value[key]) && Object.values(value[key]).every((each) => typeof each === 'string'),
  );

/** Files in JSON that package managers write, told by the fields that only they have. */
export const MANIFESTS: readonly JsonForm[] = [
  {
    form: 'package-lock.json',
    is: (value) =>
      (typeof value.lockfileVersion === 'number' &&
        (isObject(value.packages) || isObject(value.dependencies))) ||
      eachOf(value.packages).some(([place]) => place.startsWith('node_modules/')),
    read: readPackageLock,
  },
  {
    form: 'npm audit',
    is: (value) => typeof value.auditReportVersion === 'number',
    read: (value, put) => {
      for (const [name, found] of eachOf(value.vulnerabilities)) {
        entry(put, 'vulnerabilities', name, 'npm', isObject(found) ? found.range : undefined);
      }
    },
  },
  {
    form: 'composer.lock',
    is: (value) => typeof value['content-hash'] === 'string' && Array.isArray(value.packages),
    read: (value, put) => {
      for (const found of [...asList(value.packages), ...asList(value['packages-dev'])]) {
        if (isObject(found)) entry(put, 'packages.name', textOf(found.name) ?? '', 'composer', found.version);
      }
    },
  },
  {
    form: 'Pipfile.lock',
    is: (value) => isObject(value._meta) && (isObject(value.default) || isObject(value.develop)),
    read: (value, put) => {
      for (const [name, found] of [...eachOf(value.default), ...eachOf(value.develop)]) {
        entry(put, 'default', name, 'pypi', isObject(found) ? found.version : undefined);
      }
    },
  },
  {
    form: 'packages.lock.json',
    is: (value) =>
      isObject(value.dependencies) &&
      Object.values(value.dependencies).some((each) =>
        eachOf(each).some(([, found]) => isObject(found) && 'contentHash' in found),
      ),
    read: (value, put) => {
      for (const [, each] of eachOf(value.dependencies)) {
        for (const [name, found] of eachOf(each)) {
          if (isObject(found)) entry(put, 'dependencies', name, 'nuget', found.resolved);
        }
      }
    },
  },
  {
    form: 'package.json',
    is: (value) => hasMap(value, NPM_MAPS),
    read: (value, put) => {
      for (const key of NPM_MAPS)
        for (const [name, range] of eachOf(value[key])) entry(put, key, name, 'npm', range);
    },
  },
  {
    form: 'composer.json',
    is: (value) => hasMap(value, COMPOSER_MAPS),
    read: (value, put) => {
      for (const key of COMPOSER_MAPS) {
        // `php` and `ext-json` are what it runs on.
        for (const [name, range] of eachOf(value[key]))
          if (name.includes('/')) entry(put, key, name, 'composer', range);
      }
    },
  },
];
