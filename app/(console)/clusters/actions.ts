'use server';

import { action } from '#lib/action';
import { decideCluster } from '#lib/batches/mutations';
import { automateCluster, coverVariants, splitCluster, stopAutomation } from '#lib/clusters/mutations';
import {
  automateClusterSchema,
  coverVariantsSchema,
  splitClusterSchema,
  stopAutomationSchema,
} from '#lib/clusters/schema';
import { decideClusterSchema } from '#lib/reviews/schema';

export async function decideClusterAction(input: unknown) {
  return action('decideCluster', decideClusterSchema, input, decideCluster);
}

export async function splitClusterAction(input: unknown) {
  return action('splitCluster', splitClusterSchema, input, splitCluster, { refresh: false });
}

export async function automateClusterAction(input: unknown) {
  return action('automateCluster', automateClusterSchema, input, automateCluster);
}

export async function coverVariantsAction(input: unknown) {
  return action('coverVariants', coverVariantsSchema, input, coverVariants);
}

export async function stopAutomationAction(input: unknown) {
  return action('stopAutomation', stopAutomationSchema, input, stopAutomation);
}
