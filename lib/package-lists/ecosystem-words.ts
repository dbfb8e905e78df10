import type { Ecosystem } from '#sdk/packages/ecosystems';

/**
 * How lists call the registries: purl types, OSV (https://ossf.github.io/osv-schema/#affectedpackage-field), GitHub
 * advisories, and what people write.
 */
const WORDS: Record<Ecosystem, string> = {
  pypi: 'pypi pip python pipy',
  npm: 'npm npmjs node nodejs javascript js yarn pnpm',
  golang: 'golang go gomod gomodules',
  maven: 'maven java mvn gradle mavencentral',
  nuget: 'nuget dotnet .net',
  cargo: 'cargo crates.io crates crate rust cratesio',
  gem: 'gem rubygems ruby gems bundler rubygem',
  composer: 'composer packagist php',
  pub: 'pub pub.dev dart',
  hex: 'hex erlang elixir hex.pm',
  swift: 'swift swifturl spm',
  conda: 'conda anaconda conda-forge',
};

const BY_WORD = new Map<string, Ecosystem>(
  Object.entries(WORDS).flatMap(([ecosystem, words]) =>
    words.split(' ').map((word) => [word, ecosystem as Ecosystem] as const),
  ),
);

/** Null for a word that none of the registries that rules know is called by, such as `Debian:11`. */
export function ecosystemOf(word: string): Ecosystem | null {
  // OSV writes a registry of one's own behind the ecosystem: `Maven:https://repo.example.org`.
  const [first = ''] = word.trim().toLowerCase().split(':');
  return BY_WORD.get(first.replace(/\s+/g, '')) ?? null;
}
