import { z } from 'zod';
import { wholeNumber } from '#lib/parse';
import { STORABLE, storable } from '#lib/storable';
import { INCIDENT_STATES } from './states.ts';

export const INCIDENT_SEVERITIES = ['sev1', 'sev2', 'sev3', 'sev4'] as const;
export type IncidentSeverity = (typeof INCIDENT_SEVERITIES)[number];

export const SEVERITY_MEANING: Record<IncidentSeverity, string> = {
  sev1: 'harm is happening widely, or cannot be undone',
  sev2: 'harm is happening to some',
  sev3: 'harm is likely if nothing is done',
  sev4: 'worth following, no harm seen',
};

/** Most interactions in one call; send the rest in another. */
export const MAX_LINKS = 200;
export const MAX_NOTE = 8_000;
export const PAGE_MAX = 200;

const title = z
  .string()
  .trim()
  .min(1, 'Say in a few words what happens.')
  .max(200, 'Keep the title under 200 characters; the rest is a note.')
  .refine(storable, STORABLE);
const reason = z.string().trim().max(MAX_NOTE).refine(storable, STORABLE);
const severity = z.enum(INCIDENT_SEVERITIES);
const interactionIds = z.array(z.uuid()).max(MAX_LINKS, `Link at most ${MAX_LINKS} interactions at a time.`);

/** `INC-12`, or the id. */
export const incidentRefSchema = z
  .string()
  .regex(
    /^(INC-[1-9]\d{0,8}|[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})$/,
    'must be an incident such as INC-12',
  );
const version = z
  .int()
  .positive()
  .meta({ description: 'The version that was seen; another one is a conflict' });

export const declareIncidentSchema = z.strictObject({
  title,
  severity,
  commanderId: z.uuid().nullish(),
  interactionIds: interactionIds.default([]),
});

export const transitionBodySchema = z.strictObject({
  to: z.enum(INCIDENT_STATES),
  version,
  reason: reason.default(''),
  mergeInto: incidentRefSchema.optional(),
});
export const transitionIncidentSchema = transitionBodySchema.extend({ incident: incidentRefSchema });

export const assignCommanderSchema = z.strictObject({
  incident: incidentRefSchema,
  version,
  commanderId: z.uuid(),
});

export const changeSeveritySchema = z.strictObject({
  incident: incidentRefSchema,
  version,
  severity,
  reason: reason.pipe(z.string().min(1, 'Say why the severity changes.')),
});

export const noteBodySchema = z.strictObject({
  text: z.string().trim().min(1, 'Write something first.').max(MAX_NOTE).refine(storable, STORABLE),
});
export const noteIncidentSchema = noteBodySchema.extend({ incident: incidentRefSchema });

export const linksBodySchema = z.strictObject({
  interactionIds: interactionIds.min(1, 'Name at least one interaction.'),
});
const linkInteractionsSchema = linksBodySchema.extend({ incident: incidentRefSchema });

export const listIncidentsSchema = z.strictObject({
  /** `open` is everything that is not closed, dismissed or merged. */
  state: z.enum(['open', 'all', ...INCIDENT_STATES]).default('open'),
  severity: severity.optional(),
  cursor: z
    .string()
    .regex(/^\d{1,9}$/, 'is not a cursor')
    .optional(),
  limit: wholeNumber(1, PAGE_MAX).default(50),
});

export type DeclareIncident = z.input<typeof declareIncidentSchema>;
export type TransitionIncident = z.input<typeof transitionIncidentSchema>;
export type AssignCommander = z.infer<typeof assignCommanderSchema>;
export type ChangeSeverity = z.infer<typeof changeSeveritySchema>;
export type NoteIncident = z.infer<typeof noteIncidentSchema>;
export type LinkInteractions = z.infer<typeof linkInteractionsSchema>;
export type ListIncidents = z.input<typeof listIncidentsSchema>;

/** The public name of an incident. */
export function incidentRef(number: number): string {
  return `INC-${number}`;
}

/** The key of an incident in the database, from its name or its id; null when the text is neither. */
export function incidentKey(ref: string): { number: number } | { id: string } | null {
  if (!incidentRefSchema.safeParse(ref).success) return null;
  return ref.startsWith('INC-') ? { number: Number(ref.slice(4)) } : { id: ref };
}
