'use server';

import { action } from '#lib/action';
import { type Backtest, backtest } from '#lib/mitigations/backtest';
import {
  approveMitigation,
  draftMitigation,
  editMitigation,
  publishMitigation,
  withdrawMitigation,
} from '#lib/mitigations/mutations';
import { incidentByRef } from '#lib/mitigations/queries';
import {
  approveMitigationSchema,
  backtestSchema,
  draftMitigationSchema,
  editMitigationSchema,
  publishMitigationSchema,
  withdrawMitigationSchema,
} from '#lib/mitigations/schema';

export async function draftMitigationAction(input: unknown) {
  return action(draftMitigationSchema, input, draftMitigation, { refresh: false });
}

export async function editMitigationAction(input: unknown) {
  return action(editMitigationSchema, input, editMitigation, { refresh: false });
}

export async function approveMitigationAction(input: unknown) {
  return action(approveMitigationSchema, input, approveMitigation);
}

export async function publishMitigationAction(input: unknown) {
  return action(publishMitigationSchema, input, publishMitigation);
}

export async function withdrawMitigationAction(input: unknown) {
  return action(withdrawMitigationSchema, input, withdrawMitigation);
}

export async function backtestAction(input: unknown) {
  return action(
    backtestSchema,
    input,
    async (actor, { incident, ...draft }): Promise<Backtest> =>
      backtest(actor, draft, { incidentId: incident && (await incidentByRef(actor, incident)).id }),
    { refresh: false },
  );
}
