import { pick, type Random } from '../random.ts';

const ENTITIES = [
  ['order', 'orders'],
  ['invoice', 'invoices'],
  ['customer', 'customers'],
  ['shipment', 'shipments'],
  ['ticket', 'tickets'],
  ['booking', 'bookings'],
  ['device', 'devices'],
  ['article', 'articles'],
  ['payment', 'payments'],
  ['member', 'members'],
  ['report', 'reports'],
  ['asset', 'assets'],
] as const;

/** Invented names that imitate well-known packages; none is meant to exist. */
const PACKAGES: Record<string, readonly string[]> = {
  python: ['reqeusts-pro-auth', 'numpyy-accel-core', 'boto-session-helperz', 'pandas-quick-csvv'],
  javascript: ['exprss-fast-session', 'lodahs-utils-pro', 'axois-retry-plus', 'chalkk-terminal-kit'],
  typescript: ['reactt-query-types', 'zodd-schema-tools', 'typeormm-cli-pro', 'nextt-auth-bridge'],
  go: ['gorrilla-mux-pro', 'zapp-logger-fast', 'gormm-extended', 'cobraa-cli-kit'],
  java: ['jacksonn-databind-plus', 'spring-secure-corre', 'log-fasst-api', 'guavaa-collections-pro'],
  csharp: ['Newtonsoftt.Json.Pro', 'Serilogg.Sinks.Quick', 'Dapperr.Extended', 'AutoMapperr.Core'],
  php: ['symfonny/http-kit', 'guzzlle/guzzle-pro', 'laravell/auth-bridge', 'monologg/monolog-plus'],
  rust: ['serdee-json-core', 'tokioo-runtime-pro', 'reqwestt-async', 'randd-secure'],
};

const WORDS: Record<string, readonly string[]> = {
  name: [
    'ledger',
    'atlas',
    'harbor',
    'beacon',
    'orchard',
    'lantern',
    'compass',
    'meadow',
    'quarry',
    'summit',
  ],
  host: ['billing.acme.example', 'api.northwind.example', 'inventory.globex.example', 'crm.initech.example'],
  badhost: ['collect-metrics.invalid', 'cdn-mirror.invalid', 'fast-updates.invalid', 'stats-sync.invalid'],
  column: ['status', 'email', 'region', 'owner_id', 'reference', 'label', 'country', 'sku'],
  fn: ['load', 'fetch', 'read', 'find', 'list', 'get'],
  dir: ['uploads', 'exports', 'attachments', 'invoices', 'avatars', 'backups'],
  user: ['maria', 'jonas', 'aiko', 'samir', 'elena', 'tom', 'priya', 'luis'],
  n: ['10', '20', '25', '50', '100', '200', '500'],
  seconds: ['5', '10', '15', '30', '60', '90'],
  port: ['4000', '5000', '7070', '8080', '8443', '9090'],
  team: ['payments', 'platform', 'growth', 'logistics', 'search', 'identity'],
};

/** Characters a reader cannot see: what a review screen has to make visible. */
const INVISIBLE: Record<string, string> = {
  rlo: '\u202e',
  lri: '\u2066',
  pdi: '\u2069',
  zwsp: '\u200b',
};

function hex(random: Random, length: number): string {
  let text = '';
  while (text.length < length) text += Math.floor(random() * 16).toString(16);
  return text;
}

/** Values for every slot of one occurrence: one value per slot, so prompt, code and mark agree. */
export function drawSlots(random: Random, language: string): Record<string, string> {
  const [entity, table] = pick(random, ENTITIES);
  const pkg = pick(random, PACKAGES[language] ?? PACKAGES.python ?? []);
  const slots: Record<string, string> = {
    ...INVISIBLE,
    entity,
    table,
    Entity: entity.charAt(0).toUpperCase() + entity.slice(1),
    pkg,
    pkg_id: pkg.replaceAll('-', '_'),
    token: `demo_not_a_key_${hex(random, 12)}`,
    id: String(1000 + Math.floor(random() * 9000)),
  };
  for (const [slot, words] of Object.entries(WORDS)) slots[slot] = pick(random, words);
  return slots;
}

/**
 * Fills the `{{slot}}` places of a template's text.
 * @throws when the text names a slot that does not exist.
 */
export function fill(text: string, slots: Record<string, string>): string {
  return text.replace(/\{\{(\w+)\}\}/g, (_, slot: string) => {
    const value = slots[slot];
    if (value === undefined) throw new Error(`unknown slot ${slot}`);
    return value;
  });
}
