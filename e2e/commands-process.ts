import { createInterface } from 'node:readline';
import { setPasswordCost } from '#lib/users/password';
import { keys } from '../bin/commands/keys.ts';
import { users } from '../bin/commands/users.ts';

// `stopgap users` and `stopgap keys` for as many people and keys as the tests need, in one process: starting costs more
// than what they do. The words of a command come in as one JSON line each, what it prints goes out.

const COMMANDS: Record<string, (words: string[]) => Promise<undefined>> = { users, keys };

// The first admin, who comes in through the page, pays for a password in full.
setPasswordCost(12);

for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...words] = JSON.parse(line) as string[];
  await COMMANDS[name ?? '']?.(words);
}
