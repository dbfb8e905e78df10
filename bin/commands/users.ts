import { userInfo } from 'node:os';
import { systemActor } from '#lib/actor';
import { parse } from '#lib/parse';
import { withDatabase } from '../database.ts';
import { loadEnvironment } from '../environment.ts';
import { readFlags, requireVerb } from '../flags.ts';
import { PlainError } from '../plain-error.ts';
import { print } from '../progress.mjs';

/** `users create`: adds a person and prints a one-time password as one JSON line. */
export async function users(args: string[]): Promise<undefined> {
  const flags = readFlags(requireVerb('users', args, ['create']), {
    email: { type: 'string' },
    role: { type: 'string' },
    name: { type: 'string' },
  });
  const { email, role, name } = flags;
  if (!email || !role) throw new PlainError('users create needs --email and --role.', 2);
  loadEnvironment();
  const { createUserSchema } = await import('#lib/users/schema');
  const input = parse(createUserSchema, { email, role, name: name ?? email.split('@')[0] });
  const made = await withDatabase(async () => {
    const { createUser } = await import('#lib/users/mutations');
    return createUser(systemActor(`command line (${userInfo().username})`), input);
  });
  print(JSON.stringify({ id: made.id, email: input.email, password: made.password }));
}
