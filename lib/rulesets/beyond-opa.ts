// What the policy in an OPA bundle leaves unjudged. The bundle is built by this list, and where a rule acts is told by it.

/** OPA tries each name at each place of a text, so that longer lists would take too long. */
export const OPA_MENTIONED_MAX = 200;

/**
 * Why OPA does not judge a rule:
 * - `condition`: a CEL condition; `shape`: the shape of code; `versions`: of packages, which Rego does not compare
 * - `mentions`: too many names to find in a text; of these it knows what callers send as `input.imports`
 * - `imports`: what code imports, which OPA does not read; it judges what callers send as `input.imports`
 */
export type BeyondOpa = 'condition' | 'shape' | 'versions' | 'mentions' | 'imports';

/** What the question needs to know of a rule, also of one that an older release published. */
type Asked = {
  when?: string | null | undefined;
  matcher: { kind: string; packages?: readonly unknown[] | undefined; find?: string | undefined };
};

const namesVersions = (entry: unknown) =>
  typeof entry === 'object' && entry !== null && 'versions' in entry && entry.versions !== undefined;

/** Why OPA does not judge this rule by itself; null where it does. */
export function beyondOpa({ when, matcher }: Asked): BeyondOpa | null {
  if (when) return 'condition';
  if (matcher.kind === 'shape') return 'shape';
  if (matcher.kind !== 'imports') return null;
  const packages = matcher.packages ?? [];
  if (packages.some(namesVersions)) return 'versions';
  if (matcher.find !== 'mentioned') return 'imports';
  return packages.length > OPA_MENTIONED_MAX ? 'mentions' : null;
}

/** By this label an OPA says that all of its callers send `input.imports`: nothing else shows it. */
const SENDS_IMPORTS = { imports: 'sent' } as const;

/** Whether an OPA with these labels judges such a rule. */
export function opaJudges(beyond: BeyondOpa | null, labels: Readonly<Record<string, string>>): boolean {
  return beyond === null || (beyond === 'imports' && labels.imports === SENDS_IMPORTS.imports);
}

const WHY: Record<BeyondOpa, string> = {
  condition: 'it has a CEL condition',
  shape: 'it looks for the shape of code',
  versions: 'it names versions of packages',
  mentions: `it looks for more than ${OPA_MENTIONED_MAX} names in a text`,
  imports: 'it looks for imports, and no label imports=sent says that callers send input.imports',
};

/** "it names versions of packages": ends the sentence that OPA does not judge a rule. */
export const beyondOpaWords = (beyond: BeyondOpa): string => WHY[beyond];
