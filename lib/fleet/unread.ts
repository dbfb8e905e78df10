import type { Rule } from '#sdk/rule';

type Read = Pick<Rule, 'matcher'>;

/** How many serving instances say that they run a version of the SDK; OPA reads rules as data and is none of them. */
export type SdkVersion = { version: string; instances: number };

/** Forms of a rule that SDKs before a version refuse, with the whole ruleset that it is in. */
const FORMS: { since: string; name: string; instead: string; isIn: (rule: Read) => boolean }[] = [
  {
    since: '0.2.0',
    name: 'packages with a registry or versions',
    instead: 'list names alone',
    isIn: ({ matcher }) =>
      matcher.kind === 'imports' && matcher.packages.some((entry) => typeof entry !== 'string'),
  },
  {
    since: '0.2.0',
    name: 'packages that are looked for wherever they are mentioned',
    instead: 'look where they are imported or installed',
    isIn: ({ matcher }) => matcher.kind === 'imports' && matcher.find !== undefined,
  },
  {
    since: '0.2.0',
    name: 'a choice for packages without a version',
    instead: 'let installs without a version match',
    isIn: ({ matcher }) => matcher.kind === 'imports' && matcher.unversioned !== undefined,
  },
];

/** Whether a version says that it is at least another one; what is no version says nothing. */
export function isAtLeast(version: string, least: string): boolean {
  const [own, wanted] = [version, least].map((text) =>
    /^(\d+)\.(\d+)\.(\d+)/.exec(text)?.slice(1).map(Number),
  );
  if (!own || !wanted) return false;
  for (const [place, part] of wanted.entries()) {
    if (own[place] !== part) return (own[place] ?? 0) > part;
  }
  return true;
}

/** Instances that would refuse every ruleset with the rule in it, and go on with the one they have. */
export type Unread = {
  /** What they cannot read. */
  forms: string[];
  /** How the rule can be written without that. */
  instead: string[];
  /** From which SDK on it is read. */
  since: string;
  instances: number;
  versions: SdkVersion[];
};

/** Which of these instances could not read a rule, by what each says of its SDK; null where all can. */
export function unreadBy(sdkVersions: readonly SdkVersion[], rule: Read): Unread | null {
  const forms = FORMS.filter(({ isIn }) => isIn(rule));
  const since = forms.reduce(
    (newest, form) => (isAtLeast(form.since, newest) ? form.since : newest),
    '0.0.0',
  );
  const versions = sdkVersions.filter(({ version }) => !isAtLeast(version, since));
  if (forms.length === 0 || versions.length === 0) return null;
  const instances = versions.reduce((sum, each) => sum + each.instances, 0);
  const [names, instead] = [forms.map(({ name }) => name), forms.map((form) => form.instead)];
  return { forms: names, instead, since, instances, versions };
}

/** The same as a sentence. */
export function unreadWords({ forms, instead, since, instances, versions }: Unread): string {
  const which = versions
    .slice(0, 3)
    .map(({ version, instances: count }) => `${count} with ${version === '' ? 'no version' : version}`);
  const who = instances === 1 ? '1 instance' : `${instances} instances`;
  return `${who} (${which.join(', ')}${versions.length > 3 ? ', …' : ''}) would refuse the whole ruleset and keep the one before: SDKs before ${since} cannot read ${forms.join(' and ')}. Update them first, or ${instead.join(' and ')}.`;
}
