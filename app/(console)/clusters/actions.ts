'use server';

import { action } from '#lib/action';
import { decideCluster } from '#lib/batches/mutations';
import { automateCluster, splitCluster, stopAutomation } from '#lib/clusters/mutations';
import { automateClusterSchema, splitClusterSchema, stopAutomationSchema } from '#lib/clusters/schema';
import { decideClusterSchema } from '#lib/reviews/schema';

export async function decideClusterAction(input: unknown) {
  return action(decideClusterSchema, input, decideCluster);
}

export async function splitClusterAction(input: unknown) {
  return action(splitClusterSchema, input, splitCluster, { refresh: false });
}

export async function automateClusterAction(input: unknown) {
  return action(automateClusterSchema, input, automateCluster);
}

export async function stopAutomationAction(input: unknown) {
  return action(stopAutomationSchema, input, stopAutomation);
}
