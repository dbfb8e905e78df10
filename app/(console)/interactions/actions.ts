'use server';

import { action } from '#lib/action';
import { reopen } from '#lib/reviews/mutations';
import { reopenSchema } from '#lib/reviews/schema';
import { revealSecrets } from '#lib/secrets/mutations';
import { revealSecretsSchema } from '#lib/secrets/schema';

export async function revealSecretsAction(input: unknown) {
  return action('revealSecrets', revealSecretsSchema, input, revealSecrets, { refresh: false });
}

export async function reopenAction(input: unknown) {
  return action('reopen', reopenSchema, input, reopen, { refresh: false });
}
