'use server';

import { action } from '#lib/action';
import { markGolden, retireGolden } from '#lib/golden/mutations';
import { markGoldenSchema, retireGoldenSchema } from '#lib/golden/schema';
import { createPolicy, orderPolicies, retirePolicy, revisePolicy } from '#lib/policies/mutations';
import {
  createPolicySchema,
  orderPoliciesSchema,
  retirePolicySchema,
  revisePolicySchema,
} from '#lib/policies/schema';
import { changePreference } from '#lib/preferences/mutations';
import { changePreferenceSchema } from '#lib/preferences/schema';
import { archiveQueue, createQueue, editQueue, orderQueues } from '#lib/queues/mutations';
import {
  archiveQueueSchema,
  createQueueSchema,
  editQueueSchema,
  orderQueuesSchema,
} from '#lib/queues/schema';
import { changeReviewSettings } from '#lib/settings/mutations';
import { changeReviewSettingsSchema } from '#lib/settings/schema';

export async function changeReviewSettingsAction(input: unknown) {
  return action('changeReviewSettings', changeReviewSettingsSchema, input, changeReviewSettings);
}

export async function changeCareAction(input: unknown) {
  return action('changeCare', changePreferenceSchema, input, changePreference);
}

export async function createQueueAction(input: unknown) {
  return action('createQueue', createQueueSchema, input, createQueue);
}

export async function editQueueAction(input: unknown) {
  return action('editQueue', editQueueSchema, input, editQueue);
}

export async function orderQueuesAction(input: unknown) {
  return action('orderQueues', orderQueuesSchema, input, orderQueues);
}

export async function archiveQueueAction(input: unknown) {
  return action('archiveQueue', archiveQueueSchema, input, archiveQueue);
}

export async function createPolicyAction(input: unknown) {
  return action('createPolicy', createPolicySchema, input, createPolicy);
}

export async function revisePolicyAction(input: unknown) {
  return action('revisePolicy', revisePolicySchema, input, revisePolicy);
}

export async function retirePolicyAction(input: unknown) {
  return action('retirePolicy', retirePolicySchema, input, retirePolicy);
}

export async function orderPoliciesAction(input: unknown) {
  return action('orderPolicies', orderPoliciesSchema, input, orderPolicies);
}

export async function markGoldenAction(input: unknown) {
  return action('markGolden', markGoldenSchema, input, markGolden);
}

export async function retireGoldenAction(input: unknown) {
  return action('retireGolden', retireGoldenSchema, input, retireGolden);
}
