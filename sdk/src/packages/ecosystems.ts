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
