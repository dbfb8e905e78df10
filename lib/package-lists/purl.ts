import { ecosystemOf } from './ecosystem-words.ts';
import type { Read } from './list.ts';
import { decodeURIComponentSafe as decoded, versionsIn } from './version-words.ts';

const PURL = /^pkg:\/{0,2}(?<type>[A-Za-z][\w.+-]*)\/(?<path>[^?#]*)(?:\?[^#]*)?(?:#.*)?$/;

export const isPurl = (text: string) => /^pkg:/i.test(text);

/** A package URL, e.g. `pkg:npm/%40scope/name@1.2.3` (https://github.com/package-url/purl-spec). */
export function readPurl(text: string): Read {
  const found = PURL.exec(text.trim())?.groups;
  if (!found) return { why: 'begins like a package URL but is none' };
  const ecosystem = ecosystemOf(found.type ?? '');
  if (!ecosystem) return { why: `packages of the type “${found.type}” are not among those that rules know` };
  const path = (found.path ?? '').replace(/^\/+|\/+$/g, '');
  // The version begins at the last @; one in front of a scope belongs to the name.
  const at = path.lastIndexOf('@');
  const named = at > 0 && path[at - 1] !== '/' ? path.slice(0, at) : path;
  const parts = named
    .split('/')
    .map(decoded)
    .filter((part) => part !== '');
  if (parts.length === 0) return { why: 'a package URL without a name' };
  const name = ecosystem === 'maven' ? parts.join(':') : parts.join('/');
  if (named === path) return { name, ecosystem, versions: null };
  const versions = versionsIn(decoded(path.slice(at + 1)));
  if (versions === undefined) return { why: 'a package URL whose version cannot be read' };
  return { name, ecosystem, versions };
}
