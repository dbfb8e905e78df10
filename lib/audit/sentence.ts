/** What a sentence is made of: an event as it is stored, its `data` parsed. */
type Told = {
  action: string;
  actorName: string;
  subject: { type: string; id: string };
  data: Record<string, unknown>;
};

/** Names of people by id, for events that keep ids only. */
export type Names = ReadonlyMap<string, string>;

type Teller = (told: Told & { text: (key: string) => string; names: Names }) => string;

const at = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;

const words = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';

const count = (value: unknown, one: string, many = `${one}s`): string => {
  const n = Array.isArray(value) ? value.length : Number(value ?? 0);
  return `${n} ${n === 1 ? one : many}`;
};

const because = (reason: string): string => (reason ? `: ${reason}` : '');
const seqOf = (data: Record<string, unknown>): string =>
  words(data.seq) ? `, ruleset ${words(data.seq)}` : '';
const sev = (value: unknown): string => words(value).toUpperCase();
const short = (id: string): string => (/^[0-9a-f-]{36}$/i.test(id) ? `…${id.slice(-6)}` : id);

function approvedBy(approvers: unknown, names: Names): string {
  if (!Array.isArray(approvers) || approvers.length === 0) return '';
  const people = approvers.map((id) => names.get(words(id)) ?? 'a second person');
  return ` (approved by ${people.join(' and ')})`;
}

const spaced = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
const decided = (id: string, text: (key: string) => string): string =>
  `decided interaction ${short(id)} is ${text('verdict')}${text('policy') ? ` under ${text('policy')}` : ''}`;

const unconfirmed = (data: Record<string, unknown>): string =>
  Number(data.silent) > 0 ? `, ${words(data.silent)} silent` : '';

/** A percentile of fewer than a hundred is the slowest by another name, also where an older event calls it p99. */
const arrived = (data: Record<string, unknown>): string =>
  words(data.p99Ms) && Number(data.measured ?? data.instances) >= 100
    ? `, p99 ${words(data.p99Ms)} ms`
    : words(data.lastActiveMs)
      ? `, slowest ${words(data.lastActiveMs)} ms`
      : '';

/** "; R-4 acts on 2 of 12 (canary)": having a ruleset is not yet acting by each of its rules. */
const acting = (rules: unknown): string =>
  Array.isArray(rules)
    ? rules
        .map(
          (rule) =>
            `; ${words(at(rule, 'ref'))} acts on ${words(at(rule, 'enforcing'))} of ${words(at(rule, 'instances'))} (${words(at(rule, 'stage'))})${unjudged(rule)}`,
        )
        .join('')
    : '';

const unjudged = (rule: unknown): string =>
  at(rule, 'unjudged') ? `, ${words(at(rule, 'unjudged'))} (${words(at(rule, 'unjudgedOn'))})` : '';

const told = (value: unknown): string =>
  (Array.isArray(value) ? value.map(words).join(' and ') : words(value)) || 'none';

/** What a merge moved: "2 interactions and R-7 (approved)"; null where it moved nothing. */
function cargo(data: Record<string, unknown>): string | null {
  const rules = Array.isArray(data.rules) ? data.rules : [];
  const names = rules.map((rule) => `${words(at(rule, 'ref'))} (${words(at(rule, 'state'))})`);
  const moved = [...(data.interactions === 0 ? [] : [count(data.interactions, 'interaction')]), ...names];
  return moved.join(', ').replace(/, ([^,]*)$/, ' and $1') || null;
}

/** What a stage was taken in spite of: what held the rule, or what spoke against it. */
function against(data: Record<string, unknown>): string {
  if (words(data.held)) return `, although it was held for “${words(data.held)}”`;
  return Array.isArray(data.against) && data.against.length > 0
    ? `, although this spoke against it: “${data.against.map(words).join(' ')}”`
    : '';
}

const MOVE: Record<string, string> = {
  dismiss: 'dismissed',
  reopen: 'reopened',
  merge: 'merged',
  unmerge: 'undid the merge of',
};

const UNDONE: Record<string, string> = { skip: 'skip of', hold: 'hold of', handover: 'hand-over of' };

const TELLERS: Record<string, Teller> = {
  'incident.declare': ({ data, text }) => {
    const lead = words(at(data.commander, 'name'));
    const linked = Array.isArray(data.interactionIds) && data.interactionIds.length > 0;
    return `declared ${text('ref')} ${sev(data.severity)} “${text('title')}”${
      linked ? ` with ${count(data.interactionIds, 'linked interaction')}` : ''
    }${lead ? `, commander ${lead}` : ''}`;
  },
  'incident.transition': ({ data, text }) => {
    const from = words(at(data.before, 'state'));
    const to = words(at(data.after, 'state'));
    const verb = MOVE[text('kind')];
    const move = verb
      ? `${verb} ${text('ref')}${text('into') ? ` into ${text('into')}` : ''}`
      : `moved ${text('ref')} from ${from} to ${to}`;
    return `${move}${because(text('reason'))}`;
  },
  'incident.absorb': ({ data, text }) =>
    `merged ${text('from')} into ${text('ref')}${cargo(data) ? `, which brought ${cargo(data)}` : ''}${because(text('reason'))}`,
  'incident.release': ({ data, text }) =>
    `undid the merge of ${text('to')} into ${text('ref')}${cargo(data) ? `, which took ${cargo(data)} back` : ''}${because(text('reason'))}`,
  'incident.assign': ({ data, text }) => {
    const before = words(at(data.before, 'name'));
    const after = words(at(data.after, 'name'));
    return before
      ? `handed ${text('ref')} over from ${before} to ${after}`
      : `made ${after} commander of ${text('ref')}`;
  },
  'incident.severity': ({ data, text }) =>
    `changed ${text('ref')} from ${sev(data.before)} to ${sev(data.after)}${because(text('reason'))}`,
  'incident.note': ({ text }) => `noted: ${text('text')}`,
  'incident.link': ({ data, text }) =>
    `linked ${count(data.interactionIds, 'interaction')} to ${text('ref')}`,
  'incident.export': ({ data, text }) =>
    `exported ${text('ref')} as ${text('format').toUpperCase()} (${count(at(data.counts, 'events'), 'event')}, ${count(at(data.counts, 'interactions'), 'interaction')})`,
  'audit.export': ({ data, text }) =>
    `exported ${count(data.events, 'event')} of the log as ${text('format').toUpperCase()}${
      text('query') ? `, search “${text('query')}”` : ''
    }`,
  'mitigation.draft': ({ text }) => `drafted ${text('ref')} “${text('title')}”`,
  'mitigation.edit': ({ data, text }) =>
    `edited ${text('ref')}, now version ${text('version')}${data.clearedApproval === true ? '; its approval no longer counts' : ''}`,
  'mitigation.approve': ({ text }) => `approved ${text('ref')} version ${text('version')}`,
  'mitigation.publish': ({ data, text, names }) =>
    data.breakGlass === true
      ? `broke glass and published ${text('ref')}${seqOf(data)}${because(text('reason'))}`
      : `published ${text('ref')}${approvedBy(data.approvers, names)}${seqOf(data)}`,
  'mitigation.ratify': ({ data, text }) =>
    `approved ${text('ref')}, which had broken glass; it may live until its end${seqOf(data)}`,
  'mitigation.advance': ({ data, text }) =>
    `took ${text('ref')} from ${text('from')} to ${text('stage')}${seqOf(data)}${against(data)}${because(text('reason'))}`,
  'mitigation.hold': ({ text }) => `held ${text('ref')} in ${text('stage')}: ${text('reason')}`,
  'mitigation.resume': ({ text }) => `let ${text('ref')} go on from ${text('stage')}`,
  'mitigation.restore': ({ data, text }) =>
    text('from')
      ? `took ${text('ref')} back from ${text('from')} to ${text('stage')}${seqOf(data)}${because(text('reason'))}`
      : `brought ${text('ref')} back in ${text('stage')}${seqOf(data)}${because(text('reason'))}`,
  'mitigation.withdraw': ({ data, text }) =>
    `withdrew ${text('ref')}${seqOf(data)}${because(text('reason'))}`,
  'mitigation.expire': ({ data, text }) => `ended ${text('ref')}, which had reached its end${seqOf(data)}`,
  'backtest.start': ({ text }) =>
    `tried ${text('rule') || 'a rule that is not saved'} on what is stored (${text('matcher')}, ${text('target')})`,
  'ruleset.restore': ({ text }) =>
    `went back to the rules of ruleset ${text('from')}, now ruleset ${text('seq')}${because(text('reason'))}`,
  'ruleset.rewound': ({ text }) =>
    `found that ruleset ${text('seq')} was published before (${text('source')}) while this database ends at ruleset ${text('newest')}: it was restored from an older copy`,
  'ruleset.jump': ({ text }) =>
    `went on with ruleset ${text('seq')}, because numbers up to ${text('known')} had been given out (${text('source')}) and this database ended at ruleset ${text('newest')}`,
  'ruleset.overtake': ({ text }) =>
    `published the live rules again as ruleset ${text('seq')}: instance ${text('instance')} had come with ruleset ${text('activeSeq')} and would have refused ruleset ${text('newest')}`,
  'ruleset.renew': ({ text }) => `renewed the signed ruleset, now ${text('seq')}`,
  'fleet.join': ({ subject }) => `saw instance ${subject.id} for the first time`,
  'fleet.refuse': ({ subject }) =>
    `was refused a report under the name ${subject.id}, which belongs to another key`,
  'fleet.fail': ({ subject, text }) =>
    `heard that instance ${subject.id} could not load ruleset ${text('seq')}${because(text('reason'))}`,
  'fleet.alarm': ({ data, subject, text }) =>
    data.isOpen
      ? `heard that ${text('ref')} is out of the ordinary on instance ${subject.id}, where it goes on${because(text('reason'))}`
      : `heard that ${text('ref')} is as usual again on instance ${subject.id}`,
  'fleet.breaker': ({ data, subject, text }) =>
    data.isOpen
      ? `heard that instance ${subject.id} demoted ${text('ref')} to shadow by itself${because(text('reason'))}`
      : `heard that instance ${subject.id} no longer demotes ${text('ref')}`,
  'fleet.leave': ({ subject }) => `heard that instance ${subject.id} ends by intent`,
  'fleet.retire': ({ subject, text }) =>
    `retired instance ${subject.id}, silent since ${text('lastSeenAt').slice(0, 19).replace('T', ' ')} UTC${because(text('reason'))}`,
  'fleet.expect': ({ data, text }) =>
    data.expected === null
      ? `expects no number of instances any more for ${text('words')}`
      : `expects ${count(data.expected, 'instance')} for ${text('words')}`,
  'fleet.forget': ({ data }) =>
    data.leftDays === undefined
      ? `forgot ${count(data.instances, 'instance')} that had been silent for ${count(data.silentDays, 'day')}`
      : `forgot ${count(data.instances, 'instance')} that had left ${count(data.leftDays, 'day')} before`,
  'fleet.enforced': ({ data, text }) => {
    // Events of before counted a later ruleset as well.
    const isExact = data.active !== undefined;
    const which = isExact ? text('seq') : `${text('seq')} or a later one`;
    const taken = `saw ruleset ${which} active on ${text(isExact ? 'active' : 'instances')} of ${text('instances')}`;
    return `${taken}${unconfirmed(data)}${arrived(data)}${text('cause') ? ` (${text('cause')})` : ''}${acting(data.rules)}`;
  },
  'fleet.superseded': ({ data, text }) => {
    const cause = text('cause') ? ` (${text('cause')})` : '';
    return Number(data.active) > 0
      ? `saw ruleset ${text('seq')} superseded by ${text('by')} when it was active on ${text('active')} of ${text('instances')}${cause}`
      : `saw ruleset ${text('seq')} superseded by ${text('by')} before any of ${count(data.instances, 'instance')} took it${cause}`;
  },
  'interactions.ingest': ({ data, subject }) =>
    `took in ${count(data.created, 'interaction')} from ${subject.id}, ${words(data.flagged) || '0'} flagged${
      Number(data.blocked) > 0 ? `, ${words(data.blocked)} of them blocked by live rules` : ''
    }`,
  'interactions.outcome': ({ data, subject }) => {
    const outcomes = Object.entries(data.outcomes ?? {}).map(([word, n]) => `${words(n)} ${words(word)}`);
    return `told what became of ${count(data.created, 'suggestion')} from ${subject.id}: ${outcomes.join(', ')}`;
  },
  'finding.add': ({ data, subject }) => {
    const detectors = Array.isArray(data.detectors) ? data.detectors.map(words).join(', ') : '';
    const place: Record<string, string> = {
      joined: ', which joined the queue',
      moved: ', which moved in the queue',
      decided: ', which was decided before',
    };
    const queue = words(data.queue);
    const what = Object.hasOwn(place, queue) ? place[queue] : '';
    return `added ${count(data.added, 'finding')} by ${detectors} to interaction ${short(subject.id)}${what}`;
  },
  'interaction.reveal': ({ data, subject, text }) =>
    `looked at the hidden text of interaction ${short(subject.id)} (${count(data.secrets, 'secret')})${because(text('reason'))}`,
  'interaction.search': ({ data }) =>
    `searched the texts of interactions by ${Array.isArray(data.keys) ? data.keys.map(words).join(', ') : 'words'}`,
  'interaction.expire': ({ subject, text }) =>
    `took interaction ${short(subject.id)} out of the queue undecided, its text was erased ${text('erasedFor') === 'request' ? 'on request' : 'by retention'}`,
  'interactions.erase': ({ data, subject, text }) =>
    subject.id === 'request'
      ? `erased one person’s text from ${count(data.count, 'interaction')}${because(text('reason'))}`
      : `dropped the text of ${count(data.count, 'interaction')} whose time was over (${words(data.undecided) || '0'} undecided, ${words(data.benign) || '0'} benign, ${words(data.control) || '0'} control)`,
  'review.claim': ({ subject }) => `claimed interaction ${short(subject.id)}`,
  'review.release': ({ subject }) => `put interaction ${short(subject.id)} back`,
  'review.hold': ({ subject, text }) =>
    `holds interaction ${short(subject.id)} until ${text('until').slice(11, 16)} UTC${because(text('reason'))}`,
  'review.handover': ({ data, subject, text }) =>
    `handed interaction ${short(subject.id)} to ${words(at(data.to, 'name'))}${because(text('note'))}`,
  'review.skip': ({ subject, text }) =>
    `skipped interaction ${short(subject.id)}${because(text('reason').replaceAll('_', ' '))}${text('note') ? `, ${text('note')}` : ''}`,
  'review.raise': ({ data, subject }) =>
    `raised interaction ${short(subject.id)} to a lead, skipped by ${count(data.skips, 'person', 'people')}`,
  'review.decide': ({ data, subject, text }) =>
    `${decided(subject.id, text)}${
      text('looked')
        ? ` with ${count(data.with, 'other')}; ${text('looked') === 'this' ? 'this one' : 'one of its variant'} was on the screen`
        : ''
    }`,
  'golden.answer': ({ subject, text }) => decided(subject.id, text),
  'golden.mark': ({ subject, text }) =>
    `marked interaction ${short(subject.id)} as golden: ${text('verdict')}${text('policy') ? ` under ${text('policy')}` : ''}`,
  'golden.retire': ({ subject }) => `retired the golden item ${short(subject.id)}`,
  'review.disagree': ({ data, subject }) =>
    `disagreed on interaction ${short(subject.id)}${
      Array.isArray(data.verdicts) ? `: ${data.verdicts.map(words).join(' against ')}` : ''
    }; a lead settles it`,
  'review.adjudicate': ({ subject, text }) =>
    `settled the disagreement on interaction ${short(subject.id)}: ${text('verdict')}${text('policy') ? ` under ${text('policy')}` : ''}`,
  'review.undo': ({ data, subject, text }) =>
    data.arrived === false
      ? `took back what they had done with interaction ${short(subject.id)} before it arrived`
      : `took back their ${UNDONE[text('act')] ?? 'decision on'} interaction ${short(subject.id)}${text('verdict') ? ` (${text('verdict')})` : ''}`,
  'review.reopen': ({ subject, text }) =>
    `reopened interaction ${short(subject.id)}${text('verdict') ? `, decided ${text('verdict')} before` : ''}${because(text('reason'))}`,
  'batch.decide': ({ data, text }) =>
    `decided ${count(data.decided, 'interaction')} at once: ${text('verdict')}${text('policy') ? ` under ${text('policy')}` : ''}${
      Number(data.remaining) > 0 ? `; ${count(data.remaining, 'more waits', 'more wait')}` : ''
    }${Number(data.unseen) > 0 ? `, ${words(data.unseen)} of them because they differ from what was on the screen` : ''}`,
  'batch.reverse': ({ data }) =>
    `reversed a batch: ${count(data.reversed, 'interaction waits', 'interactions wait')} again${
      Number(data.kept) > 0 ? `, ${count(data.kept, 'keeps its decision', 'keep their decisions')}` : ''
    }`,
  'queue.create': ({ text }) => `made the queue “${text('name')}”`,
  'queue.edit': ({ data, text }) =>
    `changed ${Object.keys(Object(data.changes)).map(spaced).join(', ')} of the queue ${text('key')}`,
  'queue.order': ({ data }) =>
    `ordered the queues: ${Array.isArray(data.after) ? data.after.map(words).join(', ') : ''}`,
  'queue.archive': ({ text }) => `archived the queue “${text('name')}”`,
  'queue.reroute': ({ data }) =>
    `moved ${count(data.moved, 'pending item')} to the queues that take them now`,
  'clusters.assign': ({ data }) =>
    `put ${count(data.members, 'interaction')} into ${count(data.clusters, 'cluster')}, ${words(data.started) || '0'} of them new`,
  'cluster.split': ({ data, text }) =>
    `split ${count(data.members, 'interaction')} off ${text('ref')} into ${text('into')}${because(text('reason'))}`,
  'cluster.automate': ({ data, text }) =>
    `gave a standing decision: arrivals of ${text('ref')} are ${text('verdict')}${text('policy') ? ` under ${text('policy')}` : ''} until ${text('until')}${Number(data.variants) > 0 ? `, if they are like one of the ${count(data.variants, 'variant')} that were on the screen` : ''}`,
  'cluster.cover_variants': ({ data, text }) =>
    `looked at new variants and took them into the standing decision for ${text('ref')}, which covers ${count(data.variants, 'variant')} now`,
  'cluster.stop_automation': ({ data, text }) =>
    `ended the standing decision for ${text('ref')}, which had decided ${count(data.decided, 'interaction')}`,
  'cluster.auto_decide': ({ data, subject, text }) =>
    `decided interaction ${short(subject.id)} is ${text('verdict')} by the standing decision of ${words(at(data.lead, 'name'))} for ${text('ref')}; nobody looked at this one`,
  'settings.change': ({ data }) =>
    `changed how review works: ${Object.entries(data)
      .map(
        ([name, value]) => `${spaced(name)} from ${told(at(value, 'before'))} to ${told(at(value, 'after'))}`,
      )
      .join(', ')}`,
  'preference.change': ({ data }) =>
    `changed their own ${Array.isArray(data.fields) ? data.fields.map((field) => spaced(words(field))).join(', ') : 'preferences'}`,
  'policy.create': ({ text }) => `added the policy “${text('title')}”`,
  'policy.revise': ({ data, text }) =>
    `revised ${Array.isArray(data.fields) ? data.fields.map((field) => spaced(words(field))).join(', ') : ''} of the policy “${text('title')}”, now version ${text('version')}`,
  'policy.retire': ({ text }) => `retired the policy “${text('title')}”`,
  'policy.order': ({ data }) =>
    `ordered the policies: ${Array.isArray(data.after) ? data.after.map(words).join(', ') : ''}`,
  'policy.seed': ({ data }) => `added ${count(data.created, 'default policy', 'default policies')}`,
  'user.create': ({ text }) => `added ${text('name')} as ${text('role')}`,
  'user.confirm': () => 'confirmed that it is them',
  'user.role': ({ text }) => `changed ${text('name')} from ${text('before')} to ${text('after')}`,
  'user.disable': ({ text }) => `disabled ${text('name')}`,
  'user.enable': ({ text }) => `enabled ${text('name')} again`,
  'user.password': () => 'changed their password',
  'key.create': ({ data, text }) =>
    `created the key ${text('name')} for ${text('source')} (${Array.isArray(data.scopes) ? data.scopes.map(words).join(', ') : ''})${
      words(at(data.holder, 'name')) ? `, held by ${words(at(data.holder, 'name'))}` : ''
    }`,
  'key.revoke': ({ text }) => `revoked the key ${text('name')}`,
};

const NOBODY: Names = new Map();

/** One event as a plain sentence: text, never markup. An action it does not know is still told by its name. */
export function sentence(told: Told, names: Names = NOBODY): string {
  const text = (key: string) => words(told.data[key]);
  const tell = Object.hasOwn(TELLERS, told.action) ? TELLERS[told.action] : undefined;
  if (tell) return `${told.actorName} ${tell({ ...told, text, names })}`;
  const name = text('ref') || `${told.subject.type} ${short(told.subject.id)}`;
  return `${told.actorName}: ${told.action.replaceAll(/[._]/g, ' ')}, ${name}`;
}

/** The actions that have a sentence of their own. */
export const TOLD_ACTIONS: readonly string[] = Object.keys(TELLERS);
