import { type ParseArgsConfig, parseArgs } from 'node:util';
import { PlainError } from './plain-error.ts';

/** Reads the flags of a command; an unknown one ends it with one line and exit code 2. */
export function readFlags<T extends NonNullable<ParseArgsConfig['options']>>(args: string[], options: T) {
  const { values } = parsed(args, options);
  // A flag from a variable that is not set: without it the command would do something else than was meant.
  const empty = Object.entries(values).find(([, value]) => value === '')?.[0];
  if (empty !== undefined) throw new PlainError(`--${empty} is empty. Leave it out, or give it a value.`, 2);
  return values;
}

function parsed<T extends NonNullable<ParseArgsConfig['options']>>(args: string[], options: T) {
  try {
    return parseArgs({ args, options, strict: true, allowPositionals: false });
  } catch (error) {
    const message = error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error);
    throw new PlainError(`${message}. Try: npm run stopgap -- help`, 2);
  }
}

/** The word after a noun, such as `create` of `keys create`. */
export function requireVerb(noun: string, args: string[], verbs: string[]): string[] {
  const [verb = '', ...rest] = args;
  if (verbs.includes(verb)) return rest;
  const known = verbs.map((each) => `${noun} ${each}`).join(', ');
  throw new PlainError(
    `${verb ? `There is no "${noun} ${verb}"` : `${noun} needs a verb`}. There is: ${known}`,
    2,
  );
}
