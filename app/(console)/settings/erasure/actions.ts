'use server';

import { action } from '#lib/action';
import { eraseActor } from '#lib/retention/mutations';
import { previewErasure } from '#lib/retention/queries';
import { eraseActorSchema, erasureTargetSchema } from '#lib/retention/schema';

export async function previewErasureAction(input: unknown) {
  return action('previewErasure', erasureTargetSchema, input, previewErasure, { refresh: false });
}

export async function eraseActorAction(input: unknown) {
  return action('eraseActor', eraseActorSchema, input, eraseActor, { refresh: false });
}
