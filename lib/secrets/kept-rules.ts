import { rules } from '@secretlint/secretlint-rule-preset-recommend';
import type { Hit, Rule } from './hits.ts';
import { isWeak } from './values.ts';

type Kept = (typeof rules)[number];
type Context = Parameters<Kept['create']>[0];
type Handler = ReturnType<Kept['create']>;
type Source = Parameters<NonNullable<Handler['file']>>[0];

const RULE_PREFIX = '@secretlint/secretlint-rule-';

// The rules are driven without @secretlint/core: its profiler keeps every mark for the life of the process, its
// removal of duplicates is quadratic in what a text holds, it cuts a byte-order mark off and so shifts offsets, and it
// heeds `secretlint-disable`. That last is a rule of its own, left out here: flagged text does not choose what is seen.
const scanners = rules.filter(({ meta }) => meta.type === 'scanner' && !meta.id.includes('filter-comments'));

/** Ids of AWS access keys are off in the set, because alone they open nothing; here they are covered too. */
const OPTIONS = { enableIDScanRule: true };
/** An account's number is no secret, and Terraform is full of them. */
const NO_SECRETS: ReadonlySet<string> = new Set(['AWSAccountID']);

/** One of these stands in every text that a rule of the set can say something of; most texts have none. */
const WORTH_SCANNING =
  /A3T|A[KG]PA|A[KIRN][IDOPV]A|ASIA|(?:secret|access|account)_?(?:access|id|key)?["']?\s{0,9}[:=]|PRIVATE KEY|:\/\/|_authToken|npm_|xox|xapp|sk-|gsk_|hf_|lin_api_|ntn_|SG\.|shp|sk_|rk_|gh[pousr]_|github_pat|glpat|gl[a-z]{1,4}-|glc_|glsa_|ops_ey|hv[sbr]\.|vc[piark]_|dapi|dckr_|figd_|cf(?:k|ut|at)_|tskey-|AccountKey|services\/T/i;

/** The scanners of secretlint's recommended set, as one rule. */
export const keptRules: Rule = {
  words: [
    ...[
      'A3T',
      'AKPA',
      'AGPA',
      'ASIA',
      'secret',
      'access',
      'account',
      'PRIVATE KEY',
      '://',
      '_authToken',
      'npm_',
      'xox',
    ],
    ...[
      'xapp',
      'sk-',
      'gsk_',
      'hf_',
      'lin_api_',
      'ntn_',
      'SG.',
      'shp',
      'sk_',
      'rk_',
      'ghp',
      'gho',
      'ghu',
      'ghs',
      'ghr',
    ],
    ...[
      'github_pat',
      'gl',
      'ops_ey',
      'hvs.',
      'hvb.',
      'hvr.',
      'vcp',
      'vci',
      'vca',
      'vcr',
      'vck',
      'dapi',
      'dckr_',
      'figd_',
    ],
    ...['cfk_', 'cfut_', 'cfat_', 'tskey-', 'services/T'],
    ...[...'KIRN'].flatMap((second) => [...'IDOPV'].map((third) => `A${second}${third}A`)),
  ],
  find({ text }) {
    if (!WORTH_SCANNING.test(text)) return [];
    const hits: Hit[] = [];
    const source = sourceOf(text);
    for (const rule of scanners) {
      const name = rule.meta.id.slice(RULE_PREFIX.length);
      const report = (start: number, end: number) => {
        const hit = narrowed(text, { start, end, rule: name });
        if (!isWeak(text.slice(hit.start, hit.end))) hits.push(hit);
      };
      // The scanners of the set are synchronous, all of them; a test says so when one no longer is.
      void rule.create(contextFor(report), OPTIONS).file?.(source);
    }
    return hits;
  },
};

function contextFor(report: (start: number, end: number) => void): Context {
  return {
    sharedOptions: {},
    createTranslator: () => (messageId) => ({ message: '', messageId: String(messageId), data: undefined }),
    report: ({ message, range: [start, end] }) => {
      if (!NO_SECRETS.has(message.messageId)) report(start, end);
    },
    ignore: () => undefined,
  };
}

function sourceOf(content: string): Source {
  const nowhere = { line: 1, column: 0 };
  return {
    hasBOM: false,
    content,
    filePath: undefined,
    physicalFilePath: undefined,
    ext: '',
    contentType: 'text',
    getFilePath: () => undefined,
    getPhysicalFilePath: () => undefined,
    locationToRange: () => [0, 0],
    rangeToLocation: () => ({ start: nowhere, end: nowhere }),
    positionToIndex: () => 0,
    indexToPosition: () => nowhere,
  };
}

/** Of an address only the password is covered: its host is what a reviewer needs to see. */
function narrowed(text: string, hit: Hit): Hit {
  const value = text.slice(hit.start, Math.min(hit.end, hit.start + 600));
  const inside = /^[\w+:.-]{1,30}:\/\/[^\s/:@]{1,100}:([^\s/]{1,200})@/.exec(value);
  const password = inside?.[1];
  if (!inside || password === undefined) return hit;
  const end = hit.start + inside[0].length - 1;
  return { ...hit, start: end - password.length, end };
}
