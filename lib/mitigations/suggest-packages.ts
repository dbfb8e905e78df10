import type { PackageMention } from '#sdk/packages/mention';
import { distributionsOf, nameProblem } from '#sdk/packages/names';
import { readPackages } from '#sdk/packages/read';
import type { LinkedExample } from './linked.ts';

const PACKAGES = 20;

/** Packages inside the findings' spans or messages; where neither says, those that every example brings in. */
export function maliciousPackages(examples: readonly LinkedExample[]): string[] {
  const named = new Set<string>();
  const sets: Set<string>[] = [];
  for (const example of examples) {
    const findings = example.findings.filter(({ category }) => category === 'malicious_package');
    if (findings.length === 0 || example.completion === '') continue;
    const own = new Set<string>();
    for (const mention of readPackages(example.completion, example.language)) {
      const { names, start, end } = mention;
      const packages = packagesOf(mention);
      const meant = findings.some((finding) =>
        finding.start !== null && finding.end !== null
          ? finding.start < end && finding.end > start
          : [...packages, ...names].some((name) => finding.message?.includes(name)),
      );
      for (const name of packages) {
        own.add(name);
        if (meant) named.add(name);
      }
    }
    sets.push(own);
  }
  if (named.size > 0) return [...named].slice(0, PACKAGES);
  const [first, ...others] = sets;
  return [...(first ?? [])].filter((name) => others.every((set) => set.has(name))).slice(0, PACKAGES);
}

/** What the registry calls what a mention brings in: `pkg` for `from pkg import Name`, `PyYAML` for `import yaml`. */
export function packagesOf(mention: PackageMention): string[] {
  const parts = mention.ecosystem === 'pypi' ? (mention.names[0]?.split('.') ?? []) : [];
  const modules = parts.map((_, at) => parts.slice(0, at + 1).join('.'));
  const known = modules.map(distributionsOf).findLast(({ length }) => length > 0);
  if (known) return [...known];
  const legal = [wholePackage(mention), ...mention.names].find((name) => nameProblem(name) === null);
  return legal === undefined ? [] : [legal];
}

/** Roots that many projects of PyPI share; there the path of a module is the name of its project. */
const SHARED_ROOTS = /^(?:google|azure|zope|jaraco|ruamel|backports|sphinxcontrib)\./;
/** Hosts on which a module of Go is called `host/owner/name`; elsewhere nobody can tell where it ends. */
const GO_MODULE = /^(?:github\.com|gitlab\.com|bitbucket\.org|golang\.org)\/[^/]+\/[^/]+/;

// What lies within a package is written behind its name, and each language writes that otherwise.
function wholePackage({ ecosystem, names, how }: PackageMention): string {
  const [first = ''] = names;
  if (how !== 'import') return first;
  switch (ecosystem) {
    case 'pypi':
      return SHARED_ROOTS.test(first) ? beforeCapital(first) : (first.split('.')[0] ?? first);
    case 'cargo':
      return first.split('::')[0] ?? first;
    case 'swift':
      return first.split('.')[0] ?? first;
    case 'maven':
      return beforeCapital(first);
    case 'golang':
      return GO_MODULE.exec(first)?.[0] ?? first;
    case 'composer':
      return first.split('\\').slice(0, 2).join('\\');
    case 'nuget':
      return first;
    default:
      return names.at(-1) ?? first;
  }
}

/** `org.acme.loader` of `org.acme.loader.Kite.go`: classes begin with a capital, packages do not. */
const beforeCapital = (path: string) => path.replace(/\.[A-Z].*$/, '');
