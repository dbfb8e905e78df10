import type { Ecosystem } from './ecosystems.ts';

/** One way in which a tool is called, as it is written down. */
export interface Row {
  tools: string;
  ecosystem: Ecosystem;
  /** Separated by blanks; the words of one by `+`, `*` for any word. */
  verbs?: string;
  one?: boolean;
  values?: string;
  packages?: string;
  versions?: string;
  creates?: boolean;
}

const PIP_VALUES =
  '-i --index-url --extra-index-url -f --find-links -r --requirement -c --constraint -t --target --prefix --root --src -b --build --platform --python-version --implementation --abi --proxy --cert --client-cert --trusted-host --cache-dir --log --timeout --retries --exists-action --progress-bar --report --upgrade-strategy --no-binary --only-binary --python -p --index --default-index --index-strategy --keyring-provider -d --dest -w --wheel-dir --config-settings -C --global-option --group --extra --directory --project -o --override --build-constraint';
const NPM_VALUES =
  '--prefix -C --dir --cwd --registry --tag --workspace -w --filter -F --userconfig --cache --otp --loglevel --omit --include --install-strategy --before --network-timeout --cache-folder --modules-folder --mutex --concurrent --store-dir --shell';
/** `-w` is the root of the workspace here. */
const PNPM_VALUES = NPM_VALUES.replace(' -w', '');
const CONDA_VALUES =
  '-n --name -p --prefix -c --channel --file -f --solver --platform --subdir --experimental --repodata-fn -r --root-prefix';

/**
 * Every verb that downloads or adds what it names. Sources: `<tool> help`, https://docs.npmjs.com/cli/commands/npm-install
 * (its aliases), https://docs.astral.sh/uv/reference/cli/, https://getcomposer.org/doc/03-cli.md, `cargo help add`.
 */
export const ROWS: readonly Row[] = [
  {
    tools: 'pip-?[0-9.]{0,5}(?:(?:\\._internal(?:\\.\\w{1,20}){0,3})?\\.main)?',
    ecosystem: 'pypi',
    verbs: 'install download wheel',
    values: PIP_VALUES,
    packages: '-e --editable',
  },
  {
    tools: 'easy_install[0-9.-]{0,5}',
    ecosystem: 'pypi',
    values: '-i --index-url -f --find-links -d --install-dir',
  },
  {
    tools: 'pipx',
    ecosystem: 'pypi',
    verbs: 'install upgrade',
    values: '--python --pip-args --suffix --index-url -i',
    packages: '--preinstall --spec',
  },
  { tools: 'pipx', ecosystem: 'pypi', verbs: 'inject', values: '--pip-args --index-url -i' },
  {
    tools: 'pipx',
    ecosystem: 'pypi',
    verbs: 'run runpip+*+install',
    values: '--python --pip-args --index-url -i',
    packages: '--spec --with',
    one: true,
  },
  {
    tools: 'uv',
    ecosystem: 'pypi',
    verbs: 'pip+install add tool+install tool+upgrade',
    values: PIP_VALUES,
    packages: '--with --with-editable -e --editable --upgrade-package -P',
  },
  {
    tools: 'uv',
    ecosystem: 'pypi',
    verbs: 'tool+run',
    values: PIP_VALUES,
    packages: '--from --with --with-editable',
    one: true,
  },
  {
    tools: 'uvx',
    ecosystem: 'pypi',
    values: PIP_VALUES,
    packages: '--from --with --with-editable',
    one: true,
  },
  {
    tools: 'uv',
    ecosystem: 'pypi',
    verbs: 'run',
    values: PIP_VALUES,
    packages: '--with --with-editable',
    one: true,
  },
  {
    tools: 'poetry',
    ecosystem: 'pypi',
    verbs: 'add self+add',
    values: '-G --group -E --extras --python --platform --markers --source -C --directory --project -P',
  },
  {
    tools: 'pdm',
    ecosystem: 'pypi',
    verbs: 'add',
    values: '-G --group -p --project -L --lockfile',
    packages: '-e --editable',
  },
  {
    tools: 'rye',
    ecosystem: 'pypi',
    verbs: 'add install tools+install',
    values: '--path --git --tag --rev --branch --features --optional',
  },
  { tools: 'hatch', ecosystem: 'pypi', verbs: 'dep+add' },
  {
    tools: 'pipenv',
    ecosystem: 'pypi',
    verbs: 'install upgrade',
    values: `${PIP_VALUES} --pypi-mirror --categories`,
    packages: '-e --editable',
  },
  {
    tools: 'pixi',
    ecosystem: 'conda',
    verbs: 'add global+install',
    values: '--manifest-path -f --feature -p --platform -e --environment -c --channel',
  },
  {
    tools: 'conda|mamba|micromamba',
    ecosystem: 'conda',
    verbs: 'install create update upgrade env+create',
    values: CONDA_VALUES,
  },
  {
    tools: '[ct]?npm',
    ecosystem: 'npm',
    verbs:
      'install i in ins inst insta instal isnt isnta isntal isntall add update up upgrade udpate link ln install-test it pack',
    values: NPM_VALUES,
  },
  {
    tools: 'npm',
    ecosystem: 'npm',
    verbs: 'exec x',
    values: NPM_VALUES,
    packages: '-p --package',
    one: true,
  },
  {
    tools: 'npm|pnpm|yarn|bun',
    ecosystem: 'npm',
    verbs: 'create init innit',
    values: NPM_VALUES,
    one: true,
    creates: true,
  },
  {
    tools: 'npx|pnpx|bunx',
    ecosystem: 'npm',
    values: NPM_VALUES.replace(' -C', ''),
    packages: '-p --package',
    one: true,
  },
  {
    tools: 'yarn|yarnpkg',
    ecosystem: 'npm',
    verbs: 'add global+add workspace+*+add up upgrade workspaces+foreach+add install link',
    values: NPM_VALUES,
  },
  { tools: 'yarn', ecosystem: 'npm', verbs: 'dlx', values: NPM_VALUES, packages: '-p --package', one: true },
  { tools: 'pnpm', ecosystem: 'npm', verbs: 'add i install update up upgrade link', values: PNPM_VALUES },
  { tools: 'pnpm', ecosystem: 'npm', verbs: 'dlx', values: PNPM_VALUES, packages: '--package', one: true },
  { tools: 'bun', ecosystem: 'npm', verbs: 'add a install i update link', values: NPM_VALUES },
  { tools: 'bun', ecosystem: 'npm', verbs: 'x', values: NPM_VALUES, packages: '-p --package', one: true },
  {
    tools: 'deno',
    ecosystem: 'npm',
    verbs: 'add install i cache remote update',
    values: '-n --name --root --config -c --import-map --lock',
  },
  {
    tools: 'deno',
    ecosystem: 'npm',
    verbs: 'run x',
    values: '-c --config --import-map --lock --cert --location --seed',
    one: true,
  },
  {
    tools: 'ni|nypm|vlt|aube|volta|jspm|expo|ng|nx|astro|vue|jsr|lerna',
    ecosystem: 'npm',
    verbs: 'install add',
  },
  {
    tools: 'go',
    ecosystem: 'golang',
    verbs: 'get install mod+download',
    values: '-C -modfile -overlay -tags -mod -o -p -ldflags -gcflags',
  },
  {
    tools: 'go',
    ecosystem: 'golang',
    verbs: 'run tool',
    values: '-C -modfile -overlay -tags -mod -exec -p -ldflags',
    one: true,
  },
  { tools: 'go', ecosystem: 'golang', verbs: 'mod+edit', packages: '-require -tool -replace' },
  {
    tools: 'cargo',
    ecosystem: 'cargo',
    verbs: 'add',
    values:
      '--features -F --rename --branch --tag --rev --path --registry --manifest-path --target -p --package --base --config -Z',
    packages: '--git',
    versions: '',
  },
  {
    tools: 'cargo',
    ecosystem: 'cargo',
    verbs: 'install binstall',
    values:
      '--features -F --branch --tag --rev --path --registry --index --root --target --target-dir --profile --bin --example -j --jobs --config -Z',
    packages: '--git',
    versions: '--version --vers',
  },
  {
    tools: 'gem',
    ecosystem: 'gem',
    verbs: 'install i fetch update',
    values: '-s --source -i --install-dir -n --bindir -P --trust-policy --platform -p --http-proxy',
    versions: '-v --version',
  },
  {
    tools: 'gem',
    ecosystem: 'gem',
    verbs: 'exec',
    values: '-s --source',
    packages: '-g --gem',
    versions: '-v --version',
    one: true,
  },
  {
    tools: 'bundle|bundler',
    ecosystem: 'gem',
    verbs: 'add',
    values: '-g --group -s --source -r --require --git --github --branch --ref --glob --path',
    versions: '-v --version',
  },
  {
    tools: 'bundle|bundler',
    ecosystem: 'gem',
    verbs: 'plugin+install',
    values: '-s --source --git',
    versions: '-v --version',
  },
  {
    tools: 'composer[0-9]?(?:\\.phar)?',
    ecosystem: 'composer',
    verbs: 'require req r global+require global+req update upgrade',
    values: '-d --working-dir --fixed',
  },
  {
    tools: 'composer[0-9]?(?:\\.phar)?',
    ecosystem: 'composer',
    verbs: 'create-project',
    values: '-d --working-dir --repository --repository-url -s --stability',
    one: true,
  },
  {
    tools: 'dotnet',
    ecosystem: 'nuget',
    verbs: 'add+package add+*+package package+add tool+install tool+update tool+exec package+update',
    values:
      '-f --framework -s --source --add-source --package-directory --project --file --tool-path --tool-manifest --configfile -a --arch',
    versions: '-v --version',
  },
  {
    tools: 'dotnet',
    ecosystem: 'nuget',
    verbs: 'new+install',
    values: '--add-source --nuget-source',
  },
  {
    tools: 'dotnet',
    ecosystem: 'nuget',
    verbs: 'new',
    values: '-n --name -o --output --add-source --nuget-source --project -lang --language',
    packages: '-i --install',
    one: true,
  },
  {
    tools: 'cargo-binstall',
    ecosystem: 'cargo',
    values: '--git --root --index --registry -j',
    versions: '--version',
  },
  { tools: 'dnx', ecosystem: 'nuget', values: '--source --add-source', versions: '--version', one: true },
  {
    tools: 'nuget',
    ecosystem: 'nuget',
    verbs: 'install',
    values: '-o -OutputDirectory -Source -ConfigFile -SolutionDirectory -Framework -DependencyVersion',
    versions: '-Version',
  },
  {
    tools: 'paket',
    ecosystem: 'nuget',
    verbs: 'add',
    values: '-p --project -g --group',
    versions: '-V --version',
  },
  {
    tools: 'Install-Package',
    ecosystem: 'nuget',
    values: '-Source -ProjectName -ProviderName -Destination -Scope -DependencyVersion',
    packages: '-Id -Name',
    versions: '-Version -RequiredVersion -MinimumVersion',
  },
  {
    tools: 'mvn|mvnw|mvnd',
    ecosystem: 'maven',
    verbs:
      'dependency:(?:get|copy|unpack)\\S* \\S*maven-dependency-plugin\\S*:(?:get|copy)\\S* archetype:generate',
    packages: '-Dartifact',
    values: '-s -f -pl',
  },
  {
    tools: 'cs|coursier',
    ecosystem: 'maven',
    verbs: 'launch fetch install bootstrap resolve',
    values: '-r --repository -M --main -o',
  },
  { tools: 'spark-submit|spark-shell|spark-sql|pyspark', ecosystem: 'maven', packages: '--packages' },
  { tools: 'jbang', ecosystem: 'maven', packages: '--deps', one: true },
  {
    tools: 'scala-cli|scala',
    ecosystem: 'maven',
    verbs: 'run compile repl package test',
    packages: '--dep --dependency',
    one: true,
  },
  {
    tools: 'dart|flutter',
    ecosystem: 'pub',
    verbs: 'pub+add pub+global+activate pub+upgrade packages+add',
    values: '-C --directory -s --source --hosted-url -u --git-url --git-ref --git-path --path --features',
  },
  {
    tools: 'mix',
    ecosystem: 'hex',
    verbs: 'archive.install+hex escript.install+hex hex.package+fetch igniter.install',
    values: '--organization --repo',
  },
  { tools: 'gleam', ecosystem: 'hex', verbs: 'add', values: '--dev' },
  {
    tools: 'swift',
    ecosystem: 'swift',
    verbs: 'package+add-dependency',
    values: '--package-path --from --exact --branch --revision --up-to-next-minor-from --to --type',
  },
];
