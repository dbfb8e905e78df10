import { componentOf, type JsonForm, type Put, shownOf } from './advisories.ts';
import { checked } from './item.ts';
import { asList, isObject, type JsonObject, textOf } from './json-shape.ts';
import { isPurl, readPurl } from './purl.ts';
import { versionsIn } from './version-words.ts';

/** OpenVEX (https://github.com/openvex/spec): the products of statements that say affected, or not yet. */
function readOpenVex(value: JsonObject, put: Put): void {
  for (const statement of asList(value.statements)) {
    if (!isObject(statement)) continue;
    const status = textOf(statement.status) ?? '';
    for (const product of asList(statement.products)) {
      const parts = isObject(product) ? asList(product.subcomponents) : [];
      for (const each of parts.length > 0 ? parts : [product]) {
        const shown = vexId(each);
        if (!['affected', 'under_investigation'].includes(status))
          put({ why: `its status is “${status}”` }, 'statements.products', shown);
        else
          put(
            isPurl(shown) ? readPurl(shown) : { why: 'a product without a package URL' },
            'statements.products',
            shown,
          );
      }
    }
  }
}

function vexId(product: unknown): string {
  if (!isObject(product)) return textOf(product) ?? '';
  const identifiers = isObject(product.identifiers) ? product.identifiers : {};
  return textOf(identifiers.purl) ?? textOf(product['@id']) ?? '';
}

const NPM_OUTDATED = ['wanted', 'latest'];
const isOutdated = (each: unknown) => isObject(each) && NPM_OUTDATED.every((key) => textOf(each[key]));

/** `npm ls`, `pnpm ls`: what is installed, with what it needs below it. */
function readTree(value: JsonObject, put: Put): void {
  for (const key of ['dependencies', 'devDependencies', 'optionalDependencies']) {
    for (const [name, found] of Object.entries(isObject(value[key]) ? value[key] : {})) {
      if (!isObject(found)) continue;
      const version = textOf(found.version);
      const versions = version === undefined ? null : (versionsIn(version) ?? null);
      put(checked({ name, ecosystem: 'npm', versions }), key, name);
      readTree(found, put);
    }
  }
}

/** What tools print of packages, told by the fields that only they have. */
export const REPORTS: readonly JsonForm[] = [
  {
    form: 'SARIF',
    is: (value) =>
      Array.isArray(value.runs) && (value.version === '2.1.0' || /sarif/i.test(String(value.$schema))),
    read: (_, put) => put({ why: 'findings in code, not a list of packages' }, 'runs', 'runs'),
  },
  {
    form: 'OpenVEX',
    is: (value) => Array.isArray(value.statements) && /openvex/i.test(String(value['@context'])),
    read: readOpenVex,
  },
  {
    form: 'syft',
    is: (value) => Array.isArray(value.artifacts) && isObject(value.descriptor) && isObject(value.source),
    read: (value, put) => {
      for (const each of asList(value.artifacts))
        if (isObject(each)) put(componentOf({ ...each, type: undefined }), 'artifacts.purl', shownOf(each));
    },
  },
  {
    form: 'npm outdated',
    is: (value) => Object.keys(value).length > 0 && Object.values(value).every(isOutdated),
    read: (value, put) => {
      for (const [name, found] of Object.entries(value)) {
        const current = isObject(found) ? textOf(found.current) : undefined;
        const versions = current === undefined ? null : (versionsIn(current) ?? null);
        put(checked({ name, ecosystem: 'npm', versions }), 'key', name);
      }
    },
  },
  {
    form: 'npm ls',
    is: (value) =>
      value.lockfileVersion === undefined &&
      isObject(value.dependencies) &&
      Object.values(value.dependencies).some(
        (each) => isObject(each) && textOf(each.version) !== undefined && 'resolved' in each,
      ),
    read: readTree,
  },
];
