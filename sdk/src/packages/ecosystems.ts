/** Registries by the type a package URL (purl) gives them: https://github.com/package-url/purl-spec */
export const ECOSYSTEMS = [
  'pypi',
  'npm',
  'golang',
  'maven',
  'nuget',
  'cargo',
  'gem',
  'composer',
  'pub',
  'hex',
  'swift',
  'conda',
] as const;

export type Ecosystem = (typeof ECOSYSTEMS)[number];

/** The registry whose packages a language imports. */
export const LANGUAGE_ECOSYSTEMS: Readonly<Record<string, Ecosystem>> = {
  python: 'pypi',
  javascript: 'npm',
  typescript: 'npm',
  go: 'golang',
  java: 'maven',
  kotlin: 'maven',
  scala: 'maven',
  groovy: 'maven',
  csharp: 'nuget',
  'c#': 'nuget',
  rust: 'cargo',
  php: 'composer',
  ruby: 'gem',
  dart: 'pub',
  elixir: 'hex',
  swift: 'swift',
};

export const ecosystemOfLanguage = (language: string | undefined): Ecosystem | undefined =>
  language === undefined ? undefined : LANGUAGE_ECOSYSTEMS[language.toLowerCase()];
