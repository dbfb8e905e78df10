import { z } from 'zod';
import { reportFindingsSchema } from '#lib/adapters/schema';
import { eventsAfterSchema } from '#lib/audit/schema';
import { exportEventsSchema, exportQuerySchema } from '#lib/exports/schema';
import { expectInstancesSchema, fleetQuerySchema, retireBodySchema } from '#lib/fleet/schema';
import {
  declareIncidentSchema,
  linksBodySchema,
  listIncidentsSchema,
  noteBodySchema,
  transitionBodySchema,
} from '#lib/incidents/schema';
import { interactionRowSchema, listInteractionsSchema } from '#lib/interactions/schema';
import { RULE_BODY_BYTES } from '#lib/mitigations/body-size';
import {
  advanceBodySchema,
  approveBodySchema,
  draftMitigationSchema,
  editBodySchema,
  holdBodySchema,
  listMitigationsSchema,
  publishBodySchema,
  startBacktestSchema,
  withdrawBodySchema,
} from '#lib/mitigations/schema';
import { outcomeRowSchema } from '#lib/outcomes/schema';
import type { Permission } from '#lib/permissions';
import { eraseActorSchema } from '#lib/retention/schema';
import { restoreBodySchema } from '#lib/rulesets/schema';
import { LIMITS } from '#sdk/rule';
import { REVIEW_OPERATIONS } from './review-operations.ts';

export type Operation = {
  method: 'get' | 'post' | 'patch' | 'delete';
  path: string;
  summary: string;
  permission: Permission | null;
  query?: z.ZodType;
  body?: z.ZodType;
  answer: string;
  /** Of the answer; 200 where absent. */
  status?: 201 | 202;
  /** A body may be left out. */
  optional?: true;
  /** It may be asked to slow down. */
  limited?: true;
  /** Media types of the answer; JSON where absent. */
  media?: string[];
};

const rows = z.union([interactionRowSchema, z.array(interactionRowSchema).min(1).max(1_000)]);
const foreign = z.unknown().meta({ description: "The tool's own format: docs/adapters.md" });

const RULE_SIZE = `at most ${LIMITS.packages.toLocaleString('en')} packages and ${RULE_BODY_BYTES / 1024 ** 2} MiB`;

/** The public API, one line per call, in the order of the loop. */
export const OPERATIONS: Operation[] = [
  {
    method: 'post',
    path: '/api/v1/interactions',
    summary:
      'Send interactions in: one object, an array, or NDJSON; gzip accepted; at most 1,000 rows or 8 MiB',
    permission: 'interaction.ingest',
    body: rows,
    limited: true,
    answer: '{ created, duplicates, conflicts, invalid, results: [{ index, id, status, error? }] }',
  },
  {
    method: 'post',
    path: '/api/v1/interactions/outcomes',
    summary:
      'Tell what became of suggestions: shown, accepted, edited, rejected, reverted; one object, an array, or NDJSON; gzip accepted; at most 1,000 rows or 8 MiB',
    permission: 'outcome.report',
    body: z.union([outcomeRowSchema, z.array(outcomeRowSchema).min(1).max(1_000)]),
    limited: true,
    answer: '{ created, duplicates, conflicts, unknown, invalid, results: [{ index, id, status, error? }] }',
  },
  {
    method: 'post',
    path: '/api/v1/findings/{adapter}',
    summary:
      "Send another tool's report or log in its own format: sarif, openai-moderation, llama-guard, litellm, portkey or provider (requests and answers of OpenAI, Anthropic, Gemini); gzip accepted; at most 1,000 results or rows, 8 MiB",
    permission: 'finding.report',
    query: reportFindingsSchema,
    body: foreign,
    limited: true,
    answer:
      '{ mapping, added, created, duplicates, clean, conflicts, refused, failures, cleanBy, notShown, unknown, results: [{ index, id, status, error?, why?, notShown?, unknown?, cameAs? }] }',
  },
  {
    method: 'get',
    path: '/api/v1/interactions',
    summary: 'Search interactions, newest first; a search that reads texts is recorded',
    permission: 'interaction.read',
    query: listInteractionsSchema,
    answer: '{ items, nextCursor, searchedTo }',
  },
  {
    method: 'get',
    path: '/api/v1/interactions/{id}',
    summary: 'One interaction with its findings and decisions',
    permission: 'interaction.read',
    answer: 'the interaction',
  },
  {
    method: 'post',
    path: '/api/v1/erasures',
    summary: 'Erase every text of one user of the models; for a signed-in admin',
    permission: 'interaction.erase',
    body: eraseActorSchema,
    answer: '{ interactions, erased, expired, rules: [{ ref, state, published }] }',
  },
  ...REVIEW_OPERATIONS,
  {
    method: 'get',
    path: '/api/v1/incidents',
    summary: 'List incidents',
    permission: 'incident.read',
    query: listIncidentsSchema,
    answer: '{ items, nextCursor }',
  },
  {
    method: 'post',
    path: '/api/v1/incidents',
    summary: 'Declare an incident, with the interactions that show it',
    permission: 'incident.declare',
    body: declareIncidentSchema,
    status: 201,
    answer: '{ id, ref }',
  },
  {
    method: 'get',
    path: '/api/v1/incidents/{ref}',
    summary: 'One incident with its interactions, rules and timeline',
    permission: 'incident.read',
    answer: 'the incident',
  },
  {
    method: 'post',
    path: '/api/v1/incidents/{ref}/transitions',
    summary: 'Move an incident to another state',
    permission: 'incident.transition',
    body: transitionBodySchema,
    answer: '{ ref, state, version, episode }',
  },
  {
    method: 'post',
    path: '/api/v1/incidents/{ref}/notes',
    summary: 'Add a note to the timeline',
    permission: 'incident.note',
    body: noteBodySchema,
    status: 201,
    answer: '{}',
  },
  {
    method: 'post',
    path: '/api/v1/incidents/{ref}/links',
    summary: 'Link interactions to an incident',
    permission: 'incident.link',
    body: linksBodySchema,
    answer: '{ linked }',
  },
  {
    method: 'get',
    path: '/api/v1/incidents/{ref}/export',
    summary: 'Download the history of an incident',
    permission: 'audit.export',
    query: exportQuerySchema,
    limited: true,
    answer: 'a stream',
    media: ['application/x-ndjson', 'text/csv'],
  },
  {
    method: 'get',
    path: '/api/v1/mitigations',
    summary: 'List mitigation rules',
    permission: 'mitigation.read',
    query: listMitigationsSchema,
    answer: '{ items, nextCursor }',
  },
  {
    method: 'post',
    path: '/api/v1/mitigations',
    summary: `Draft a mitigation rule for an incident; ${RULE_SIZE}`,
    permission: 'mitigation.draft',
    body: draftMitigationSchema,
    status: 201,
    answer: '{ id, ref, version }',
  },
  {
    method: 'get',
    path: '/api/v1/mitigations/{id}',
    summary: 'One rule with its approvals and history',
    permission: 'mitigation.read',
    answer: 'the rule',
  },
  {
    method: 'get',
    path: '/api/v1/mitigations/{id}/versions',
    summary: 'Every content the rule ever had; its digest is what approvals and publishes name',
    permission: 'mitigation.read',
    answer: '{ items: [{ version, digest, body, content, author, writtenAt }] }',
  },
  {
    method: 'patch',
    path: '/api/v1/mitigations/{id}',
    summary: `Change a rule that is not live, in the version that was seen; ${RULE_SIZE}`,
    permission: 'mitigation.draft',
    body: editBodySchema,
    answer: '{ id, ref, version }',
  },
  {
    method: 'post',
    path: '/api/v1/mitigations/{id}/backtest',
    summary: 'Try the rule as it stands on everything that is stored; read the answer under its id',
    permission: 'mitigation.draft',
    status: 202,
    limited: true,
    answer: '{ id }',
  },
  {
    method: 'post',
    path: '/api/v1/backtests',
    summary: `Try a rule that is not written down yet on everything that is stored; ${RULE_SIZE}`,
    permission: 'mitigation.draft',
    body: startBacktestSchema,
    status: 202,
    limited: true,
    answer: '{ id }',
  },
  {
    method: 'get',
    path: '/api/v1/backtests/{id}',
    summary:
      'How far a back-test is, and what it found: shares with denominators and intervals, and examples',
    permission: 'mitigation.read',
    answer: '{ state, scanned, total, result, problem }',
  },
  {
    method: 'delete',
    path: '/api/v1/backtests/{id}',
    summary: 'Cancel a back-test',
    permission: 'mitigation.read',
    answer: '{ cancelled }',
  },
  {
    method: 'post',
    path: '/api/v1/mitigations/{id}/approve',
    summary:
      'Approve a version of a rule, signed in; nobody who wrote it or holds or made a key that did. What hits much or everything asks for its name in `confirm`',
    permission: 'mitigation.approve',
    body: approveBodySchema,
    optional: true,
    answer: '{ ref, version, digest }',
  },
  {
    method: 'post',
    path: '/api/v1/mitigations/{id}/publish',
    summary:
      'Publish an approved rule, or break the glass with a typed reason for at most an hour. 409 with the field acceptUnread where instances with older SDKs would refuse the whole ruleset',
    permission: 'mitigation.publish',
    body: publishBodySchema,
    optional: true,
    answer: '{ ref, seq }',
  },
  {
    method: 'post',
    path: '/api/v1/mitigations/{id}/withdraw',
    summary: 'End a rule now',
    permission: 'mitigation.withdraw',
    body: withdrawBodySchema,
    answer: '{ ref, seq }',
  },
  {
    method: 'post',
    path: '/api/v1/mitigations/{id}/advance',
    summary: 'Take a live rule to the next stage of its rollout',
    permission: 'mitigation.publish',
    body: advanceBodySchema,
    optional: true,
    answer: '{ ref, stage, seq }',
  },
  {
    method: 'post',
    path: '/api/v1/mitigations/{id}/hold',
    summary: 'Keep a live rule in its stage',
    permission: 'mitigation.withdraw',
    body: holdBodySchema,
    answer: '{ ref, stage }',
  },
  {
    method: 'post',
    path: '/api/v1/mitigations/{id}/resume',
    summary: 'Let a held rule go on by itself',
    permission: 'mitigation.publish',
    answer: '{ ref, stage }',
  },
  {
    method: 'get',
    path: '/api/v1/mitigations/{id}/progress',
    summary: 'How far a live rule is rolled out, and what each stage saw',
    permission: 'mitigation.read',
    answer:
      '{ progress, sinceLive }: null for a rule that never went out, and while it does not act, as in shadow; sinceLive counts what was served and blocked since, and in minutes[] the last hour minute by minute',
  },
  {
    method: 'post',
    path: '/api/v1/rulesets/{seq}/restore',
    summary: 'Go back: the rules of an earlier ruleset become the next one',
    permission: 'mitigation.publish',
    body: restoreBodySchema,
    answer: '{ seq, withdrawn, restored, over }',
  },
  {
    method: 'get',
    path: '/api/v1/fleet',
    summary: 'Which instance enforces which ruleset, and how long publishes take',
    permission: 'fleet.read',
    query: fleetQuerySchema,
    answer:
      '{ headline, adoption, instances, total, matching, page, pages, states, labels, gaps, expectations, publishes }; 500 instances a page, the worst first',
  },
  {
    method: 'get',
    path: '/api/v1/fleet/{instance}',
    summary: 'One instance: each step of its last rulesets, open breakers, and the proof of its streams',
    permission: 'fleet.read',
    answer: 'the instance',
  },
  {
    method: 'post',
    path: '/api/v1/fleet/{instance}/retire',
    summary: 'Take a silent instance out of the fleet: it no longer serves',
    permission: 'fleet.manage',
    body: retireBodySchema,
    answer: '{ retired: [id] }; 409 for one that is not silent',
  },
  {
    method: 'get',
    path: '/api/v1/fleet/expectations',
    summary: 'How many instances there should be with which labels, and how many are there',
    permission: 'fleet.read',
    answer: '{ items: [{ key, labels, expected, there }] }',
  },
  {
    method: 'post',
    path: '/api/v1/fleet/expectations',
    summary: 'Say how many instances there should be with these labels; null ends the expectation',
    permission: 'fleet.manage',
    body: expectInstancesSchema,
    answer: '{ labels, expected }',
  },
  {
    method: 'get',
    path: '/api/v1/events',
    summary:
      'The event log in its total order, for incremental copies. Where an item still waits for its decision, what people said of it so far is withheld from keys and reviewers: its event keeps its place, with body null. Ask for that place again later',
    permission: 'audit.export',
    query: eventsAfterSchema,
    answer: '{ items, nextCursor }',
  },
  {
    method: 'get',
    path: '/api/v1/events/export',
    summary: 'Download the event log, or what a search of it finds',
    permission: 'audit.export',
    query: exportEventsSchema,
    limited: true,
    answer: 'a stream',
    media: ['application/x-ndjson', 'text/csv'],
  },
  {
    method: 'get',
    path: '/api/v1/openapi.json',
    summary: 'This description',
    permission: null,
    answer: 'OpenAPI 3.1',
  },
];
