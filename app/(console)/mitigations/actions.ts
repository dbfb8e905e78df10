'use server';

import { action } from '#lib/action';
import { cancelBacktest, readBacktest, startBacktest } from '#lib/mitigations/backtest';
import {
  approveMitigation,
  draftMitigation,
  editMitigation,
  publishMitigation,
  withdrawMitigation,
} from '#lib/mitigations/mutations';
import {
  advanceMitigationSchema,
  approveMitigationSchema,
  draftMitigationSchema,
  editMitigationSchema,
  holdMitigationSchema,
  publishMitigationSchema,
  resumeMitigationSchema,
  withdrawMitigationSchema,
} from '#lib/mitigations/schema';
import { scopeTraffic } from '#lib/mitigations/scope-traffic';
import { advanceMitigation, holdMitigation, resumeMitigation } from '#lib/rollouts/mutations';
import { oneBacktestSchema, scopeTrafficSchema, startBacktestSchema } from './backtest-input.ts';
import { unpacked } from './packed.ts';

export async function draftMitigationAction(input: unknown) {
  return action('draftMitigation', draftMitigationSchema, unpacked(input), draftMitigation, {
    refresh: false,
  });
}

export async function editMitigationAction(input: unknown) {
  return action('editMitigation', editMitigationSchema, unpacked(input), editMitigation, { refresh: false });
}

export async function approveMitigationAction(input: unknown) {
  return action('approveMitigation', approveMitigationSchema, input, approveMitigation);
}

export async function publishMitigationAction(input: unknown) {
  return action('publishMitigation', publishMitigationSchema, input, publishMitigation);
}

export async function withdrawMitigationAction(input: unknown) {
  return action('withdrawMitigation', withdrawMitigationSchema, input, withdrawMitigation);
}

export async function advanceMitigationAction(input: unknown) {
  return action('advanceMitigation', advanceMitigationSchema, input, advanceMitigation);
}

export async function holdMitigationAction(input: unknown) {
  return action('holdMitigation', holdMitigationSchema, input, holdMitigation);
}

export async function resumeMitigationAction(input: unknown) {
  return action('resumeMitigation', resumeMitigationSchema, input, resumeMitigation);
}

export async function startBacktestAction(input: unknown) {
  return action('startBacktest', startBacktestSchema, unpacked(input), startBacktest, { refresh: false });
}

export async function readBacktestAction(input: unknown) {
  return action('readBacktest', oneBacktestSchema, input, (actor, { id }) => readBacktest(actor, id), {
    refresh: false,
  });
}

export async function cancelBacktestAction(input: unknown) {
  return action('cancelBacktest', oneBacktestSchema, input, (actor, { id }) => cancelBacktest(actor, id), {
    refresh: false,
  });
}

export async function scopeTrafficAction(input: unknown) {
  return action('scopeTraffic', scopeTrafficSchema, input, (actor, { scope }) => scopeTraffic(actor, scope), {
    refresh: false,
  });
}
