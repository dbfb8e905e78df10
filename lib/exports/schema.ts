import { z } from 'zod';
import { incidentRefSchema } from '#lib/incidents/schema';

const EXPORT_FORMATS = ['ndjson', 'csv'] as const;

/** Goes up when a line type or a field changes its meaning; new fields alone do not raise it. */
export const EXPORT_SCHEMA_VERSION = 1;

const format = z.enum(EXPORT_FORMATS).default('ndjson');

export const exportQuerySchema = z.strictObject({ format });
const exportIncidentSchema = exportQuerySchema.extend({ incident: incidentRefSchema });
export const exportEventsSchema = z.strictObject({ format, q: z.string().max(500).default('') });

export type ExportIncident = z.infer<typeof exportIncidentSchema>;
export type ExportEvents = z.infer<typeof exportEventsSchema>;

/** A download: its event is recorded already, its lines are read from the database while it is sent. */
export type Export = { filename: string; contentType: string; lines: AsyncGenerator<string> };
