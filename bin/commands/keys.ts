import { userInfo } from 'node:os';
import { systemActor } from '#lib/actor';
import { parse } from '#lib/parse';
import { withDatabase } from '../database.ts';
import { loadEnvironment } from '../environment.ts';
import { readFlags, requireVerb } from '../flags.ts';
import { PlainError } from '../plain-error.ts';
import { print } from '../progress.mjs';

/**
 * `keys create`: makes an API key and prints it, the only time it is seen, as one JSON line. `keys public`: prints what
 * instances verify rulesets with, for `STOPGAP_PUBLIC_KEY`.
 */
export async function keys(args: string[]): Promise<undefined> {
  if (args[0] === 'public') {
    readFlags(args.slice(1), {});
    loadEnvironment();
    const { keyId, publicKeyBase64 } = await import('#lib/rulesets/signing');
    print(JSON.stringify({ keyId: keyId(), publicKey: publicKeyBase64() }));
    return;
  }
  const flags = readFlags(requireVerb('keys', args, ['create', 'public']), {
    scope: { type: 'string', multiple: true },
    source: { type: 'string' },
    name: { type: 'string' },
    holder: { type: 'string' },
    'expires-days': { type: 'string' },
  });
  const { scope, source, name } = flags;
  if (!scope || !source) throw new PlainError('keys create needs --scope and --source.', 2);
  const days = flags['expires-days'];
  loadEnvironment();
  const { createKeySchema } = await import('#lib/keys/schema');
  const input = parse(createKeySchema, {
    name: name ?? source,
    source,
    scopes: scope.flatMap((each) => each.split(',')),
    ...(days === undefined ? {} : { expiresInDays: Number(days) }),
  });
  const made = await withDatabase(async () => {
    const { personByEmail } = await import('#lib/users/queries');
    const holder = flags.holder === undefined ? null : await personByEmail(flags.holder);
    if (flags.holder !== undefined && !holder)
      throw new PlainError(`Nobody with access has the address ${flags.holder}.`, 2);
    const { createKey } = await import('#lib/keys/mutations');
    return createKey(systemActor(`command line (${userInfo().username})`), {
      ...input,
      ...(holder && { heldById: holder.id }),
    });
  });
  print(JSON.stringify({ id: made.id, key: made.key }));
}
