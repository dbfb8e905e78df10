import type { z } from 'zod';
import type { findingSchema } from '#lib/interactions/schema';
import type { Region } from './span.ts';

/** Most findings on one interaction; a detector gone wild must not make an item that no one can open. */
export const MAX_FINDINGS = 500;

export type Finding = z.infer<typeof findingSchema>;

/** How a report names the interaction that it is about: the caller's own id, or the path it was suggested for. */
export type Target = { by: 'id' | 'path'; value: string };

/** A finding for an interaction that may exist; the first target that names one is taken. */
export type ReportedFinding = {
  targets: Target[];
  /** Already against the contract; without a span where `region` says the place. */
  finding: Finding;
  region?: Region | undefined;
};

export type AddFindings = {
  /** Whose interactions are meant; the key's own source when absent. */
  source?: string | undefined;
  /** The version of the table that made these findings out of another tool's words. */
  mapping: string;
  findings: ReportedFinding[];
};

export type AddedFinding = {
  status: 'added' | 'duplicate' | 'unknown' | 'refused';
  /** The caller's id of the interaction, where one was found. */
  id: string | null;
  interactionId: string | null;
  why?: string;
};
