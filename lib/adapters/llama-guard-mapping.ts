import type { Category, Severity } from '#lib/interactions/schema';

/** Raise it with every change below. */
export const MAPPING_VERSION = 'llama-guard/2';

type Hazard = { name: string; category: Category; severity: Severity };

/**
 * Llama Guard 3 and 4: S1 to S13 are the MLCommons hazards, S14 is the models' own; the 1B model has no S14
 * (github.com/meta-llama/PurpleLlama, Llama-Guard3/8B/MODEL_CARD.md and Llama-Guard4).
 */
const SINCE_3: Record<string, Hazard> = {
  S1: { name: 'Violent Crimes', category: 'other', severity: 'critical' },
  S2: { name: 'Non-Violent Crimes', category: 'other', severity: 'high' },
  S3: { name: 'Sex-Related Crimes', category: 'other', severity: 'critical' },
  S4: { name: 'Child Sexual Exploitation', category: 'other', severity: 'critical' },
  S5: { name: 'Defamation', category: 'other', severity: 'medium' },
  S6: { name: 'Specialized Advice', category: 'other', severity: 'low' },
  S7: { name: 'Privacy', category: 'data_leak', severity: 'high' },
  S8: { name: 'Intellectual Property', category: 'other', severity: 'medium' },
  S9: { name: 'Indiscriminate Weapons', category: 'other', severity: 'critical' },
  S10: { name: 'Hate', category: 'other', severity: 'high' },
  S11: { name: 'Suicide & Self-Harm', category: 'other', severity: 'critical' },
  S12: { name: 'Sexual Content', category: 'other', severity: 'medium' },
  S13: { name: 'Elections', category: 'other', severity: 'medium' },
  S14: { name: 'Code Interpreter Abuse', category: 'exploit', severity: 'critical' },
};

/** Llama Guard 2 has eleven hazards, and from S5 on the same numbers mean others (Llama-Guard2/MODEL_CARD.md). */
const OF_2: Record<string, Hazard | undefined> = {
  S1: SINCE_3.S1,
  S2: SINCE_3.S2,
  S3: SINCE_3.S3,
  S4: SINCE_3.S4,
  S5: SINCE_3.S6,
  S6: SINCE_3.S7,
  S7: SINCE_3.S8,
  S8: SINCE_3.S9,
  S9: SINCE_3.S10,
  S10: SINCE_3.S11,
  S11: SINCE_3.S12,
};

/** Llama Guard 1 (LlamaGuard-7b, MODEL_CARD.md and the taxonomy of its prompt). */
const OF_1: Record<string, Hazard | undefined> = {
  O1: { name: 'Violence and Hate', category: 'other', severity: 'high' },
  O2: { name: 'Sexual Content', category: 'other', severity: 'medium' },
  O3: { name: 'Criminal Planning', category: 'other', severity: 'high' },
  O4: { name: 'Guns and Illegal Weapons', category: 'other', severity: 'high' },
  O5: { name: 'Regulated or Controlled Substances', category: 'other', severity: 'medium' },
  O6: { name: 'Self-Harm', category: 'other', severity: 'critical' },
};

export const HAZARDS: Record<'1' | '2' | '3' | '4', Record<string, Hazard | undefined>> = {
  '1': OF_1,
  '2': OF_2,
  '3': SINCE_3,
  '4': SINCE_3,
};

/** A code that the table of its version does not have, and words that are neither safe nor unsafe: an operator's own policy, or a later model. */
export const UNKNOWN_HAZARD = { category: 'other', severity: 'medium' } as const;
