import type { Ecosystem } from '#sdk/packages/ecosystems';
import { compareVersions, versionOf } from '#sdk/packages/version';
import { ecosystemOf } from './ecosystem-words.ts';
import { checked, joinedName } from './item.ts';
import { asList, isObject, type JsonObject, textOf } from './json-shape.ts';
import type { Read } from './list.ts';
import { isPurl, readPurl } from './purl.ts';
import { versionsIn } from './version-words.ts';

/** What a reader of JSON hands on: the entry, where it stood, and the text that shows it. */
export type Put = (read: Read, field: string, text: string) => void;

/** A form of JSON that is told by its fields, with its reader. */
export type JsonForm = {
  form: string;
  is: (value: JsonObject) => boolean;
  read: (value: JsonObject, put: Put) => void;
};

/** An OSV record (https://ossf.github.io/osv-schema/). */
export const isOsv = (value: JsonObject) =>
  Array.isArray(value.affected) && value.affected.some((each) => isObject(each) && isObject(each.package));

export function readOsv(value: JsonObject, put: Put) {
  const id = textOf(value.id) ?? 'the record';
  if (value.withdrawn) return put({ why: 'an advisory that was withdrawn' }, 'affected', id);
  for (const affected of asList(value.affected)) {
    if (!isObject(affected) || !isObject(affected.package)) continue;
    const given = packageOf(affected.package);
    if ('why' in given) {
      put(given, 'affected.package.name', nameIn(affected.package) || id);
      continue;
    }
    const versions = osvVersions(affected, given.ecosystem ?? undefined);
    if (versions === undefined) put({ why: 'its ranges cannot be read' }, 'affected.ranges', given.name);
    else put({ ...given, versions }, 'affected.package.name', given.name);
  }
}

const nameIn = (value: JsonObject) => textOf(value.name) ?? textOf(value.purl) ?? '';

function packageOf(value: JsonObject): Read {
  const purl = textOf(value.purl);
  const [name, word] = [textOf(value.name), textOf(value.ecosystem)];
  if (name === undefined) return purl === undefined ? { why: 'a package without a name' } : readPurl(purl);
  const ecosystem = word === undefined ? null : ecosystemOf(word);
  if (word !== undefined && !ecosystem) return unknownEcosystem(word);
  return checked({ name, ecosystem, versions: null });
}

export const unknownEcosystem = (word: string): Read => ({
  why: `packages of “${word.slice(0, 40)}” are not among those that rules know`,
});

/**
 * The versions that are listed and those inside the ranges; null where a range has neither beginning nor end, undefined
 * where a range cannot be read.
 */
function osvVersions(affected: JsonObject, ecosystem: Ecosystem | undefined): string[] | null | undefined {
  const found = asList(affected.versions).flatMap((each) => textOf(each) ?? []);
  for (const range of asList(affected.ranges)) {
    if (!isObject(range) || range.type === 'GIT') continue;
    const spans = spansOf(asList(range.events), ecosystem);
    if (!spans) return undefined;
    if (spans.includes('')) return null;
    found.push(...spans);
  }
  return found.length === 0 ? null : [...new Set(found)];
}

const EVENTS = ['introduced', 'fixed', 'last_affected', 'limit'] as const;
type OsvEvent = { kind: (typeof EVENTS)[number]; version: string };

/**
 * A file may have the events in any order; the format sorts them by version, `0` before all, and reads each `introduced`
 * as reaching to the next `fixed`, `last_affected` or `limit`, or for ever. Null where one of them is no version.
 */
function spansOf(events: readonly unknown[], ecosystem: Ecosystem | undefined): string[] | null {
  const sorted = eventsByVersion(events, ecosystem);
  if (!sorted) return null;
  const spans: string[] = [];
  let low: string | null = null;
  for (const { kind, version } of sorted) {
    if (kind === 'introduced') low ??= version === '0' ? '' : `>=${version}`;
    else if (low !== null && version !== '*') {
      spans.push(`${low} ${kind === 'last_affected' ? '<=' : '<'}${version}`.trim());
      low = null;
    }
  }
  return low === null ? spans : [...spans, low];
}

function eventsByVersion(events: readonly unknown[], ecosystem: Ecosystem | undefined): OsvEvent[] | null {
  const found = events.flatMap((event) =>
    EVENTS.flatMap((kind) => {
      const version = isObject(event) ? textOf(event[kind]) : undefined;
      return version === undefined ? [] : [{ kind, version, of: versionOf(version, ecosystem) }];
    }),
  );
  const first = ({ kind, version }: OsvEvent) => kind === 'introduced' && version === '0';
  const last = ({ kind, version }: OsvEvent) => kind === 'limit' && version === '*';
  if (found.some((event) => !event.of && !first(event) && !last(event))) return null;
  return found.sort((a, b) => {
    const bySign = Number(first(b)) - Number(first(a)) || Number(last(a)) - Number(last(b));
    return bySign || (a.of && b.of ? compareVersions(a.of, b.of) : 0);
  });
}

/** `{ package: { ecosystem, name }, vulnerable_version_range }`, in GitHub's REST, GraphQL and Dependabot forms. */
export const isGhsaEntry = (value: JsonObject) =>
  isObject(value.package) && ('vulnerable_version_range' in value || 'vulnerableVersionRange' in value);

export function readGhsaEntry(value: JsonObject, put: Put) {
  const given = isObject(value.package) ? packageOf(value.package) : { why: 'a package without a name' };
  const shown = isObject(value.package) ? nameIn(value.package) : '';
  if ('why' in given) return put(given, 'package.name', shown);
  const range = textOf(value.vulnerable_version_range) ?? textOf(value.vulnerableVersionRange) ?? '';
  const versions = versionsIn(range);
  if (versions === undefined)
    return put({ why: `“${range}” is no range of versions` }, 'package.name', shown);
  put({ ...given, versions }, 'package.name', given.name);
}

/** An advisory of GitHub's, which may have been withdrawn. */
export const isWithdrawn = (value: JsonObject) =>
  textOf(value.withdrawn_at ?? value.withdrawnAt) !== undefined;

/** CycloneDX (https://cyclonedx.org/docs/latest/json/): what vulnerabilities affect, or every component. */
export function readCycloneDx(value: JsonObject, put: Put) {
  const components: JsonObject[] = [];
  const collect = (list: unknown) => {
    for (const each of asList(list)) {
      if (!isObject(each)) continue;
      components.push(each);
      collect(each.components);
    }
  };
  collect(value.components);
  const affected = asList(value.vulnerabilities).flatMap((each) =>
    isObject(each) ? asList(each.affects) : [],
  );
  if (affected.length === 0) {
    for (const component of components) put(componentOf(component), 'components.purl', shownOf(component));
    return;
  }
  const byRef = new Map(components.map((each) => [textOf(each['bom-ref']), each]));
  for (const each of affected) {
    const ref = isObject(each) ? textOf(each.ref) : undefined;
    if (!isObject(each) || ref === undefined) continue;
    const component = byRef.get(ref);
    const read = component
      ? componentOf(component)
      : isPurl(ref)
        ? readPurl(ref)
        : { why: 'names no component of this file' };
    if ('why' in read) put(read, 'vulnerabilities.affects', ref);
    else
      put(
        { ...read, versions: affectedVersions(each) ?? read.versions },
        'vulnerabilities.affects',
        read.name,
      );
  }
}

function affectedVersions(affects: JsonObject): string[] | null {
  const found = asList(affects.versions).flatMap((each) => {
    if (!isObject(each) || (each.status !== undefined && each.status !== 'affected')) return [];
    const range = textOf(each.range);
    return (
      textOf(each.version) ??
      (range === undefined
        ? []
        : (versionsIn(range.replace(/^vers:[\w.-]+\//, '').replaceAll('|', ',')) ?? []))
    );
  });
  return found.length > 0 ? found : null;
}

export const shownOf = (component: JsonObject) => textOf(component.name) ?? textOf(component.purl) ?? '';

export function componentOf(component: JsonObject): Read {
  const purl = textOf(component.purl);
  if (purl !== undefined) return readPurl(purl);
  const [name, group, version] = [textOf(component.name), textOf(component.group), textOf(component.version)];
  if (name === undefined) return { why: 'a component without a name' };
  if (!['library', 'framework', undefined].includes(textOf(component.type)))
    return { why: 'a component that is no library' };
  const full = group ? joinedName(group, name, null) : name;
  return checked({
    name: full,
    ecosystem: null,
    versions: version === undefined ? null : (versionsIn(version) ?? null),
  });
}

/** SPDX (https://spdx.dev/use/specifications/): the packages that have a purl. */
export function readSpdx(value: JsonObject, put: Put) {
  for (const each of asList(value.packages)) {
    if (!isObject(each)) continue;
    const purl = asList(each.externalRefs)
      .map((ref) => (isObject(ref) ? textOf(ref.referenceLocator) : undefined))
      .find((locator) => locator !== undefined && isPurl(locator));
    const read: Read = purl === undefined ? { why: 'a package without a package URL' } : readPurl(purl);
    put(read, 'externalRefs.referenceLocator', textOf(each.name) ?? '');
  }
}
