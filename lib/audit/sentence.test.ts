import { expect, it } from 'vitest';
import { sentence, TOLD_ACTIONS } from './sentence.ts';

const say = (
  action: string,
  data: Record<string, unknown>,
  subject = { type: 'thing', id: '019c0000-0000-7000-8000-000000abcdef' },
) => sentence({ action, actorName: 'Ana', subject, data }, new Map([['b', 'Bo']]));

it('tells what happened in plain sentences', () => {
  expect(
    say('mitigation.publish', { ref: 'R-31', seq: 812, approvers: ['b'], breakGlass: false, reason: null }),
  ).toBe('Ana published R-31 (approved by Bo), ruleset 812');
  expect(say('mitigation.publish', { ref: 'R-31', seq: 812, approvers: ['?'] })).toBe(
    'Ana published R-31 (approved by a second person), ruleset 812',
  );
  expect(
    say('mitigation.publish', {
      ref: 'R-2',
      seq: 9,
      approvers: [],
      breakGlass: true,
      reason: 'alone at night',
    }),
  ).toBe('Ana broke glass and published R-2, ruleset 9: alone at night');
  expect(
    say('incident.transition', {
      ref: 'INC-1',
      kind: 'step',
      before: { state: 'mitigating' },
      after: { state: 'monitoring' },
      reason: 'no rule needed',
    }),
  ).toBe('Ana moved INC-1 from mitigating to monitoring: no rule needed');
  expect(say('incident.transition', { ref: 'INC-1', kind: 'merge', into: 'INC-2' })).toBe(
    'Ana merged INC-1 into INC-2',
  );
  expect(
    say('incident.declare', {
      ref: 'INC-1',
      severity: 'sev2',
      title: 'SQL',
      commander: { name: 'Bo' },
      interactionIds: ['1'],
    }),
  ).toBe('Ana declared INC-1 SEV2 “SQL” with 1 linked interaction, commander Bo');
  expect(say('incident.assign', { ref: 'INC-1', before: { name: 'Ana' }, after: { name: 'Bo' } })).toBe(
    'Ana handed INC-1 over from Ana to Bo',
  );
  expect(say('finding.add', { added: 2, detectors: ['CodeQL'], queue: 'decided' })).toBe(
    'Ana added 2 findings by CodeQL to interaction …abcdef, which was decided before',
  );
});

it('says in spite of what a stage was taken, and why', () => {
  const stage = { ref: 'R-4', from: 'canary', to: 'full', stage: 'full', seq: 9 };
  const silent = 'web-7 had it in its canary and has fallen silent.';
  const took = 'Ana took R-4 from canary to full, ruleset 9';
  for (const [data, more] of [
    [{ held: null, against: [], reason: null }, ''],
    [{}, ''],
    [{ reason: 'seen by Bo' }, ': seen by Bo'],
    [{ against: [silent] }, `, although this spoke against it: “${silent}”`],
    [
      { held: 'looks odd', against: [silent], reason: 'it is not' },
      ', although it was held for “looks odd”: it is not',
    ],
  ] as const) {
    expect(say('mitigation.advance', { ...stage, ...data })).toBe(`${took}${more}`);
  }
});

it('says of a ruleset what its receipts show, also in events that counted a later one', () => {
  const cause = 'publish R-31';
  const timed = { p99Ms: 240, lastActiveMs: 240, cause };
  expect(say('fleet.enforced', { seq: 812, instances: 12, ...timed })).toBe(
    'Ana saw ruleset 812 or a later one active on 12 of 12, slowest 240 ms (publish R-31)',
  );
  const rules = [{ ref: 'R-31', stage: 'canary', enforcing: 2, instances: 12 }];
  expect(
    say('fleet.enforced', {
      seq: 812,
      active: 11,
      instances: 12,
      silent: 1,
      p99Ms: null,
      lastActiveMs: 240,
      cause,
      rules,
    }),
  ).toBe(
    'Ana saw ruleset 812 active on 11 of 12, 1 silent, slowest 240 ms (publish R-31); R-31 acts on 2 of 12 (canary)',
  );
  expect(say('fleet.enforced', { seq: 9, active: 400, instances: 400, measured: 400, p99Ms: 99 })).toBe(
    'Ana saw ruleset 9 active on 400 of 400, p99 99 ms',
  );
  const by = { seq: 2, by: 3, instances: 12, cause };
  expect(say('fleet.superseded', { ...by, active: 0 })).toBe(
    'Ana saw ruleset 2 superseded by 3 before any of 12 instances took it (publish R-31)',
  );
  expect(say('fleet.superseded', { ...by, active: 4 })).toBe(
    'Ana saw ruleset 2 superseded by 3 when it was active on 4 of 12 (publish R-31)',
  );
});

it('tells an unknown action by its name', () => {
  expect(say('cluster.split_up', {})).toBe('Ana: cluster split up, thing …abcdef');
  expect(say('cluster.merge', { ref: 'C-8' })).toBe('Ana: cluster merge, C-8');
  expect(say('constructor', {})).toBe('Ana: constructor, thing …abcdef');
});

it('survives every known action with data of the wrong shape', () => {
  const shapes = [
    {},
    { ref: {}, seq: [], before: null, after: 3, commander: 'x', approvers: 'y', counts: [], scopes: 1 },
  ];
  for (const action of TOLD_ACTIONS) {
    for (const data of shapes) {
      const told = say(action, data);
      expect(told.startsWith('Ana ')).toBe(true);
      expect(told).not.toMatch(/undefined|\[object|NaN/);
    }
  }
});

it('tells what happens in the queue', () => {
  expect(say('review.hold', { until: '2026-11-22T14:05:09Z', reason: 'asking the owner' })).toBe(
    'Ana holds interaction …abcdef until 14:05 UTC: asking the owner',
  );
  expect(say('review.handover', { to: { id: 'b', name: 'Bo' }, note: 'you know it' })).toBe(
    'Ana handed interaction …abcdef to Bo: you know it',
  );
  expect(say('review.skip', { reason: 'not_my_field', note: null })).toBe(
    'Ana skipped interaction …abcdef: not my field',
  );
  expect(say('review.raise', { skips: 2 })).toBe(
    'Ana raised interaction …abcdef to a lead, skipped by 2 people',
  );
  expect(say('review.disagree', { verdicts: ['harmful', 'benign'] })).toBe(
    'Ana disagreed on interaction …abcdef: harmful against benign; a lead settles it',
  );
  expect(say('review.adjudicate', { verdict: 'benign', policy: null })).toBe(
    'Ana settled the disagreement on interaction …abcdef: benign',
  );
  expect(say('review.undo', { verdict: 'benign' })).toBe(
    'Ana took back their decision on interaction …abcdef (benign)',
  );
  expect(say('review.reopen', { verdict: 'benign', reviews: [], reason: 'wrong key' })).toBe(
    'Ana reopened interaction …abcdef, decided benign before: wrong key',
  );
  expect(say('review.undo', { act: 'handover' })).toBe(
    'Ana took back their hand-over of interaction …abcdef',
  );
  expect(say('review.undo', { arrived: false })).toBe(
    'Ana took back what they had done with interaction …abcdef before it arrived',
  );
  expect(say('queue.edit', { key: 'go', changes: { requiredReviews: {}, conditions: {} } })).toBe(
    'Ana changed required reviews, conditions of the queue go',
  );
  expect(say('queue.reroute', { moved: 1 })).toBe(
    'Ana moved 1 pending item to the queues that take them now',
  );
});

it('tells what leads and people set, without what is nobody’s business', () => {
  expect(say('batch.decide', { decided: 5_000, remaining: 700, verdict: 'benign', policy: null })).toBe(
    'Ana decided 5000 interactions at once: benign; 700 more wait',
  );
  expect(say('batch.decide', { decided: 1, remaining: 0, verdict: 'harmful', policy: 'injection v2' })).toBe(
    'Ana decided 1 interaction at once: harmful under injection v2',
  );
  expect(say('batch.reverse', { reversed: 2, kept: 1 })).toBe(
    'Ana reversed a batch: 2 interactions wait again, 1 keeps its decision',
  );
  expect(
    say('settings.change', {
      leaseSeconds: { before: 300, after: 60 },
      keepBenignDays: { before: 30, after: null },
    }),
  ).toBe('Ana changed how review works: lease seconds from 300 to 60, keep benign days from 30 to none');
  expect(say('preference.change', { fields: ['optOuts'] })).toBe('Ana changed their own opt outs');
  expect(say('policy.revise', { title: 'Secrets', version: 2, fields: ['text', 'reasonRequired'] })).toBe(
    'Ana revised text, reason required of the policy “Secrets”, now version 2',
  );
  expect(say('golden.mark', { verdict: 'benign', policy: null })).toBe(
    'Ana marked interaction …abcdef as golden: benign',
  );
});
