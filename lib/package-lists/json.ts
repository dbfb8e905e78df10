import {
  isGhsaEntry,
  isOsv,
  isWithdrawn,
  type Put,
  readCycloneDx,
  readGhsaEntry,
  readOsv,
  readSpdx,
  unknownEcosystem,
} from './advisories.ts';
import { ecosystemOf } from './ecosystem-words.ts';
import { isFieldWord } from './field-words.ts';
import { joinedName, readItem } from './item.ts';
import { asList, isObject, type JsonObject, textOf } from './json-shape.ts';
import { type JsonText, Places } from './json-values.ts';
import { isRefused, type PackageList, type Read, Rows } from './list.ts';
import { MANIFESTS } from './manifests.ts';
import { isHarmlessList, notMeant } from './meant.ts';
import { REPORTS } from './reports.ts';
import { versionsIn } from './version-words.ts';

/** Deeper than this no published list goes. */
const DEPTH = 40;

const NAME_KEYS = [
  'purl',
  'package_name',
  'packageName',
  'package-name',
  'package',
  'pkg',
  'module',
  'library',
  'artifact',
  'artifactId',
  'crate',
  'gem',
  'name',
];
const GROUP_KEYS = ['group', 'groupId', 'group_id', 'namespace'];
const ECOSYSTEM_KEYS = [
  'ecosystem',
  'registry',
  'package_manager',
  'packageManager',
  'package_type',
  'packageType',
  'manager',
  'type',
  'platform',
];
const VERSION_KEYS = [
  'versions',
  'version',
  'affected_versions',
  'affectedVersions',
  'affected',
  'vulnerable_versions',
  'vulnerableVersions',
  'malicious_versions',
  'maliciousVersions',
  'compromised_versions',
  'compromisedVersions',
  'bad_versions',
  'badVersions',
  'vulnerable_version_range',
  'vulnerableVersionRange',
  'version_range',
  'versionRange',
  'range',
  'package_version',
  'packageVersion',
];
/** Lists of text that stand beside packages and are none. */
const NO_LISTS = new Set(
  'aliases references tags keywords cwes cwe_ids cves authors credits maintainers contributors licenses urls links hashes files indicators iocs domains hosts ips related upstream categories labels languages'.split(
    ' ',
  ),
);
const PACKAGE_LIST =
  /^(?:(?:bad|malicious|compromised|vulnerable|infected|affected|blocked|denied)[_-]?)?(?:packages?|names?|modules?|libraries|dependencies|components|artifacts|crates|gems|purls|list|items|entries|data)(?:[_-]?(?:names?|list))?$/i;

class Reader {
  readonly rows = new Rows();
  readonly forms = new Set<string>();
  readonly #source: JsonText;

  constructor(source: JsonText) {
    this.#source = source;
  }

  read(): PackageList {
    for (const each of this.#source.values) {
      const places = new Places(each);
      const before = this.rows.rows.length + this.rows.notUnderstood.length;
      this.#walk(each.value, '', 0, this.#putter(places));
      if (this.rows.rows.length + this.rows.notUnderstood.length === before && !isEmpty(each.value)) {
        this.rows.refuse(each.line, each.text.slice(0, 200), 'no field of it is known to name packages');
      }
    }
    const { broken } = this.#source;
    if (broken) this.rows.refuse(broken.line, broken.text, 'not JSON: nothing from here on was read');
    const forms = [...this.forms];
    const many = this.#source.values.length > 1 ? ', one value after the other' : '';
    return this.rows.as(`${forms.length === 0 ? 'JSON' : forms.join(' and ')}${many}`);
  }

  #putter(places: Places): Put {
    return (read, field, text) => this.rows.add(read, field, places.lineOf(text), text);
  }

  #walk(value: unknown, key: string, depth: number, put: Put) {
    if (depth > DEPTH) return;
    if (Array.isArray(value)) this.#list(value, key, depth, put);
    else if (isObject(value)) this.#object(value, key, depth, put);
  }

  #list(list: readonly unknown[], key: string, depth: number, put: Put) {
    for (const each of list) {
      if (typeof each === 'string') {
        if (each.trim() === '') continue;
        this.forms.add('a JSON list');
        put(readItem(each), key === '' ? 'list' : key, each);
      } else this.#walk(each, key, depth + 1, put);
    }
  }

  #object(value: JsonObject, key: string, depth: number, put: Put) {
    const reader = this.#known(value);
    if (reader) {
      this.forms.add(reader.form);
      return reader.read(value, put);
    }
    const alert = value.security_vulnerability ?? value.securityVulnerability;
    // A Dependabot alert says the same package three times; the vulnerability says its versions.
    if (isObject(alert)) return this.#walk(alert, key, depth + 1, put);
    const own = entryOf(value);
    const unmeant = own && notMeant(value);
    if (own && unmeant) return put({ why: unmeant }, own.field, own.text);
    if (own?.sure) {
      this.forms.add('a JSON list');
      return put(own.read, own.field, own.text);
    }
    const before = this.rows.rows.length;
    if (isWithdrawn(value))
      return put(
        { why: 'an advisory that was withdrawn' },
        key,
        textOf(value.ghsa_id ?? value.ghsaId) ?? key,
      );
    this.#children(value, depth, put);
    if (this.rows.rows.length > before) return;
    if (own && (key !== '' || depth === 1)) {
      this.forms.add('a JSON list');
      put(own.read, own.field, own.text);
    } else if (own && depth === 0) put(own.read, own.field, own.text);
  }

  #known(value: JsonObject): { form: string; read: (value: JsonObject, put: Put) => void } | undefined {
    if (value.bomFormat === 'CycloneDX') return { form: 'CycloneDX', read: readCycloneDx };
    if (textOf(value.spdxVersion) !== undefined) return { form: 'SPDX', read: readSpdx };
    if (isOsv(value)) return { form: 'OSV', read: readOsv };
    if (isGhsaEntry(value)) return { form: 'a GitHub advisory', read: readGhsaEntry };
    const manifest = [...REPORTS, ...MANIFESTS].find(({ is }) => is(value));
    if (manifest) return manifest;
    return isVersionMap(value) ? { form: 'JSON from names to versions', read: readVersionMap } : undefined;
  }

  /** Lists below an object: those of text only where the key, or being the only one, says that they are packages. */
  #children(value: JsonObject, depth: number, handOn: Put) {
    const lists = Object.entries(value).filter(
      ([, each]) => Array.isArray(each) && each.some((item) => typeof item === 'string'),
    );
    const taken = lists.filter(([key]) => !NO_LISTS.has(key.toLowerCase()) && !VERSION_KEYS.includes(key));
    const named = taken.filter(([key]) => PACKAGE_LIST.test(key) || ecosystemOf(key));
    const read = named.length > 0 ? named : taken.length === 1 ? taken : [];
    for (const [key, each] of Object.entries(value)) {
      const put = ofEcosystem(handOn, key);
      if (isHarmlessList(key) && (Array.isArray(each) || isObject(each))) {
        if (!isEmpty(each)) put({ why: 'a list of what is not meant' }, key, key);
        continue;
      }
      const isText = lists.some(([name]) => name === key);
      if (!isText) this.#walk(each, key, depth + 1, put);
      else if (read.some(([name]) => name === key)) this.#list(asList(each), key, depth, put);
      else if (taken.some(([name]) => name === key))
        put({ why: 'a list of text whose name does not say that it holds packages' }, key, key);
    }
  }
}

/** `{ "npm": […] }`: what stands below the name of a registry is of it. */
const ofEcosystem = (put: Put, key: string): Put => {
  const ecosystem = ecosystemOf(key);
  if (!ecosystem) return put;
  return (read, field, text) =>
    put(isRefused(read) ? read : { ...read, ecosystem: read.ecosystem ?? ecosystem }, field, text);
};

const isEmpty = (value: unknown) =>
  Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0;

/** Everything that JSON says of packages, by the forms that advisories, inventories and package managers have. */
export const readJson = (source: JsonText): PackageList => new Reader(source).read();

type Entry = {
  read: Read;
  field: string;
  text: string /** Also says its version or ecosystem. */;
  sure: boolean;
};

/** An object that is one entry of a list, such as `{ "package": "a", "version": "1" }`; null for any other. */
function entryOf(value: JsonObject): Entry | null {
  const field = NAME_KEYS.find((key) => textOf(value[key]) !== undefined);
  if (field === undefined) {
    // `{ package: { ecosystem, name }, versions }`
    const inner = isObject(value.package) ? entryOf(value.package) : null;
    if (!inner || isRefused(inner.read)) return inner && { ...inner, field: `package.${inner.field}` };
    const versions = versionsOf(value);
    const read: Read =
      versions === undefined ? BAD_VERSIONS : { ...inner.read, versions: versions ?? inner.read.versions };
    return { ...inner, read, field: `package.${inner.field}`, sure: true };
  }
  const text = textOf(value[field]) ?? '';
  const group = GROUP_KEYS.map((key) => textOf(value[key])).find((each) => each);
  const word = ECOSYSTEM_KEYS.map((key) => textOf(value[key])).find((each) => each !== undefined);
  const ecosystem = word === undefined ? null : ecosystemOf(word);
  const full = group && field !== 'purl' ? joinedName(group, text, ecosystem) : text;
  const stated = ['ecosystem', 'registry'].map((key) => textOf(value[key])).find((each) => each);
  const read = readItem(full);
  const hasVersions = VERSION_KEYS.some((key) => key in value && !isObject(value[key]));
  const sure = field === 'purl' || ecosystem !== null || hasVersions || /^(?:pkg|package)/.test(field);
  if (isRefused(read)) return { read, field, text, sure };
  if (stated !== undefined && !ecosystem) return { read: unknownEcosystem(stated), field, text, sure: true };
  const versions = versionsOf(value);
  if (versions === undefined) return { read: BAD_VERSIONS, field, text, sure };
  return {
    read: { ...read, ecosystem: ecosystem ?? read.ecosystem, versions: versions ?? read.versions },
    field,
    text,
    sure,
  };
}

const BAD_VERSIONS: Read = { why: 'its versions cannot be read' };

/** Null where none are given, undefined where they cannot be read. */
function versionsOf(value: JsonObject): string[] | null | undefined {
  const found: string[] = [];
  for (const key of VERSION_KEYS) {
    const given = value[key];
    for (const each of Array.isArray(given) ? given : [given]) {
      const text = typeof each === 'number' ? String(each) : textOf(each);
      if (text === undefined) continue;
      const versions = versionsIn(text);
      if (versions === undefined) return undefined;
      if (versions === null) return null;
      found.push(...versions);
    }
  }
  return found.length > 0 ? [...new Set(found)] : null;
}

const isVersions = (value: unknown): boolean =>
  Array.isArray(value)
    ? value.length > 0 && value.every((each) => typeof each === 'string' && isVersions(each))
    : typeof value === 'string' && (/\d/.test(value) || value === '*') && versionsIn(value) !== undefined;

/** `{ "left-pad": ["1.3.0"], "is-odd": "3.0.1" }`: every value is a version, and no key is a word for a field. */
function isVersionMap(value: JsonObject): boolean {
  const entries = Object.entries(value);
  return (
    entries.length > 0 &&
    entries.every(([key, each]) => !isFieldWord(key) && isVersions(each) && !isRefused(readItem(key)))
  );
}

function readVersionMap(value: JsonObject, put: Put): void {
  for (const [name, each] of Object.entries(value)) {
    const listed = (Array.isArray(each) ? each : [each]).map((version) => versionsIn(String(version)));
    const versions = listed.includes(null) ? null : listed.flatMap((given) => given ?? []);
    const read = readItem(name);
    put(isRefused(read) ? read : { ...read, versions }, 'key', name);
  }
}
