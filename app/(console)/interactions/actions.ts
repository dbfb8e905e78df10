'use server';

import { action } from '#lib/action';
import { revealSecrets } from '#lib/secrets/mutations';
import { revealSecretsSchema } from '#lib/secrets/schema';

export async function revealSecretsAction(input: unknown) {
  return action('revealSecrets', revealSecretsSchema, input, revealSecrets, { refresh: false });
}
