import type { ReviewSettings } from '#lib/settings/schema';

type Field = {
  name: keyof ReviewSettings;
  kind: 'number' | 'percent' | 'days' | 'yes' | 'verdicts';
  /** The sentence around the input, and what it does. */
  before: string;
  after: string;
  what: string;
};
export type SettingsField = Field;

const field = (
  name: keyof ReviewSettings,
  kind: Field['kind'],
  before: string,
  after: string,
  what: string,
): Field => ({ name, kind, before, after, what });

/** All settings of review, as sentences. */
export const GROUPS: readonly { title: string; fields: Field[] }[] = [
  {
    title: 'Leases',
    fields: [
      field(
        'leaseSeconds',
        'number',
        'A claim holds for',
        'seconds without a sign of life.',
        'An open workbench renews it. After that anybody may take the item.',
      ),
      field(
        'holdMaxMinutes',
        'number',
        'An item may be held for at most',
        'minutes.',
        'Holding needs a reason that the others see.',
      ),
      field(
        'handoverMinutes',
        'number',
        'An item that was handed over waits',
        'minutes for its person.',
        'It is served to them first; after that anybody may take it.',
      ),
      field(
        'skipsToLead',
        'number',
        'An item goes to a lead after',
        'people have skipped it.',
        'A skip hides an item only from the person who skipped it.',
      ),
    ],
  },
  {
    title: 'Second readers',
    fields: [
      field(
        'secondShare',
        'percent',
        'A second person decides',
        'percent of the items.',
        'Neither sees the other’s word. Queues may set their own share.',
      ),
      field(
        'secondShareSevere',
        'percent',
        'Of critical and high items it is',
        'percent.',
        'It counts where it is the larger of the two.',
      ),
    ],
  },
  {
    title: 'Golden items',
    fields: [
      field(
        'goldenShare',
        'percent',
        'Golden items are',
        'percent of what is served.',
        'Their answer is known, and nothing marks them. 0 turns them off.',
      ),
      field(
        'goldenNamesForLeads',
        'yes',
        'Leads see who gave which answer to a golden item',
        '',
        'Off, leads see counts and each person their own answers. Tell people before you turn it on.',
      ),
    ],
  },
  {
    title: 'Pauses',
    fields: [
      field(
        'breakAfter',
        'number',
        'A pause is proposed after',
        'items in a row.',
        'Everybody may set a lower number for themselves under Care.',
      ),
      field(
        'breakMinutes',
        'number',
        'A pause is',
        'minutes without a decision.',
        'It can be put off; that is recorded.',
      ),
    ],
  },
  {
    title: 'Taking back',
    fields: [
      field(
        'undoSeconds',
        'number',
        'A decision can be taken back for',
        'seconds.',
        'Only by the person who made it; the history keeps both.',
      ),
      field(
        'batchReverseHours',
        'number',
        'A decision on many at once can be reversed for',
        'hours.',
        'By its author or a lead. What moved on since stays as it is.',
      ),
    ],
  },
  {
    title: 'Required fields',
    fields: [
      field(
        'policyRequiredFor',
        'verdicts',
        'A policy must be cited for',
        '',
        'The decision keeps the version of the policy it was made under.',
      ),
      field(
        'noteRequiredFor',
        'verdicts',
        'A note is needed for',
        '',
        'A policy may ask for one besides, whatever the verdict.',
      ),
    ],
  },
  {
    title: 'Clusters',
    fields: [
      field(
        'clusterThreshold',
        'percent',
        'Texts are near-duplicates from',
        'percent similarity.',
        'Of strings, names, packages, hosts and calls, or of structure. It counts for what arrives from now on.',
      ),
    ],
  },
  {
    title: 'Keeping texts',
    fields: [
      field(
        'keepUndecidedDays',
        'days',
        'The text of undecided interactions is dropped after',
        'days.',
        'Empty keeps it. Digests and decisions stay; harmful interactions keep their text.',
      ),
      field(
        'keepBenignDays',
        'days',
        'The text of benign interactions is dropped after',
        'days.',
        'Empty keeps it.',
      ),
      field(
        'keepControlDays',
        'days',
        'The text of control samples is dropped after',
        'days.',
        'Control samples are unflagged interactions, so that false positives have a denominator. Empty keeps it.',
      ),
    ],
  },
];
