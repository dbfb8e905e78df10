import { type Ecosystem, ecosystemOfLanguage } from './ecosystems.ts';
import { distributionsOf, importNamesOf, nameProblem } from './names.ts';

/** What a listed name will be found in and what not, each as one sentence or the code that is meant. */
interface NameReach {
  finds: string[];
  misses: string[];
}

/** Where a name says by its own form which registry has it. */
function ecosystemOfName(name: string): Ecosystem | undefined {
  if (/^@[^/]+\//.test(name)) return 'npm';
  if (/^[\w.-]+:[\w.-]+$/.test(name)) return 'maven';
  if (/^[\w-]+\.[\w.-]+\/./.test(name)) return 'golang';
  if (name.includes('\\')) return 'composer';
  if (name.includes('::')) return 'cargo';
  return undefined;
}

const studly = (name: string) =>
  name
    .split('/')
    .map((part) => part.replace(/(?:^|[-_.])(\w)/g, (_, first: string) => first.toUpperCase()))
    .join('\\');

/**
 * In words what `name` matches where a rule looks for imports and installs. `language` is one that the rule is scoped to.
 */
export function reachOf(name: string, ecosystem?: Ecosystem, language?: string): NameReach {
  const problem = nameProblem(name, ecosystem);
  if (problem !== null) return { finds: [], misses: [`Nothing: ${problem}.`] };
  const imports = importNamesOf(name, ecosystem);
  const registry = ecosystem ?? ecosystemOfLanguage(language) ?? ecosystemOfName(name) ?? imports?.ecosystem;
  const known = imports && (registry === undefined || imports.ecosystem === registry) ? imports.names : [];
  return registry === undefined ? anywhere(name) : inRegistry(name, registry, known);
}

const anywhere = (name: string): NameReach => ({
  finds: [`An install or an import of \`${name}\` in any language, spelled as its registry folds names.`],
  misses: [],
});

function inRegistry(name: string, registry: Ecosystem, known: readonly string[]): NameReach {
  switch (registry) {
    case 'pypi':
    case 'conda': {
      const module = name.replace(/[-.]+/g, '_');
      const installedAs = distributionsOf(name);
      return {
        finds: [
          `\`pip install ${name}\`, with any case and any of \`-_.\` between its words.`,
          ...(known.length > 0 ? known : [module]).map((each) => `\`import ${each}\` in Python.`),
        ],
        misses:
          installedAs.length > 0
            ? [
                `An install of ${installedAs.join(' or ')}, which code imports under this name: list that too.`,
              ]
            : known.length === 0
              ? ['An import under a name that is not its own.']
              : [],
      };
    }
    case 'npm':
      return {
        finds: [
          `\`npm install ${name}\`.`,
          `\`import '${name}'\` and \`require('${name}')\`, also of its files.`,
        ],
        misses: ['`-`, `_` and `.` are told apart, as npm does.'],
      };
    case 'golang':
      return {
        finds: [`\`import "${name}"\` and what lies below it.`, `\`go get ${name}\`.`],
        misses: ['Another case: Go tells it apart.'],
      };
    case 'maven':
      return name.includes(':')
        ? {
            finds: [
              `\`${name}\` in build files and install commands.`,
              ...known.map((each) => `\`import ${each}\` in Java, Kotlin, Scala and Groovy.`),
            ],
            misses: ['An import whose package does not begin so: list the package that code imports too.'],
          }
        : {
            finds: [`\`import ${name}\` and what lies below it, in Java, Kotlin, Scala and Groovy.`],
            misses: [
              `Not found in manifests and installs: those write \`group:artifact\`, as in \`${name.replace(/\.([^.]*)$/, ':$1')}\`.`,
            ],
          };
    case 'nuget':
      return {
        finds: [`\`dotnet add package ${name}\` and \`using ${name};\`, in any case.`],
        misses: ['A namespace that is not called as its package.'],
      };
    case 'cargo':
      return {
        finds: [`\`cargo add ${name}\` and \`use ${name.replaceAll('-', '_')}\`; \`-\` and \`_\` are one.`],
        misses: [],
      };
    case 'gem':
      return {
        finds: [
          `\`gem install ${name}\` and \`gem "${name}"\`.`,
          `\`require "${name.replaceAll('-', '/')}"\` and \`require "${name.replaceAll('-', '_')}"\`.`,
        ],
        misses: name.includes('-')
          ? [`\`gem install ${name.replaceAll('-', '_')}\`: RubyGems takes that for another gem.`]
          : [],
      };
    case 'composer':
      return {
        finds: [
          `\`composer require ${name}\`, in any case.`,
          `\`use ${name.includes('\\') ? name : studly(name)}\` and what lies below it.`,
        ],
        misses: ['A namespace that is not called as its package.'],
      };
    case 'pub':
    case 'hex':
    case 'swift':
      return {
        finds: [`Its name in build files and install commands, and imports of \`${known[0] ?? name}\`.`],
        misses: [],
      };
  }
}
