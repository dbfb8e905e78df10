import { type ASTNode, Environment, type ParseResult } from '@marcbachmann/cel-js';
import type { DecisionRequest } from './decision.ts';

/**
 * The optional condition of a rule, in CEL (the Common Expression Language), over what is known of the request. The
 * texts themselves are not visible here, only their lengths: looking into them is what matchers do, in linear time.
 */
export type Condition = (request: DecisionRequest, labels: Readonly<Record<string, string>>) => boolean;

/** An expression may have so many parts; there are no loops, so this bounds what one evaluation costs. */
const WHEN_NODES = 100;

/** What may be called, as a function or on a value. `matches` is not among them: it would be a JavaScript RegExp. */
const CALLS = new Set(['size', 'int', 'double', 'string', 'bool']);
const METHODS = new Set(['startsWith', 'endsWith', 'contains', 'size', 'lowerAscii']);

const STRINGS = ['model', 'version', 'tenant', 'tier', 'language', 'surface', 'feature'] as const;

/** Names an expression may use, with their CEL types; for messages and documentation. */
export const WHEN_VARIABLES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(STRINGS.map((name) => [name, 'string'])),
  labels: 'map<string, string>',
  prompt_length: 'int',
  completion_length: 'int',
  temperature: 'double',
  top_p: 'double',
  candidates: 'int',
};

const environment = new Environment({
  unlistedVariablesAreDyn: false,
  limits: {
    maxAstNodes: WHEN_NODES,
    maxDepth: 20,
    maxListElements: 50,
    maxMapEntries: 10,
    maxCallArguments: 3,
  },
});
for (const [name, type] of Object.entries(WHEN_VARIABLES)) environment.registerVariable(name, type);

/** The name of the first thing in the tree that is not allowed, null when all is. */
function forbidden(node: unknown): string | null {
  if (Array.isArray(node)) {
    for (const child of node) {
      const found = forbidden(child);
      if (found !== null) return found;
    }
    return null;
  }
  if (typeof node !== 'object' || node === null || !('op' in node)) return null;
  const { op, args } = node as ASTNode;
  if (op === 'call' && !CALLS.has(args[0])) return args[0];
  if (op === 'rcall' && !METHODS.has(args[0])) return args[0];
  return forbidden(args);
}

const firstLine = (error: unknown) =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]?.replace(/\.$/, '') ?? 'not valid';

/** Why the expression cannot be a condition, as one plain sentence; null when it can. */
export function whenProblem(source: string): string | null {
  let parsed: ParseResult;
  try {
    parsed = environment.parse(source);
  } catch (error) {
    return `The condition is not valid CEL: ${firstLine(error)}.`;
  }
  const name = forbidden(parsed.ast);
  if (name !== null) {
    const allowed = [...CALLS, ...METHODS].filter((each, index, all) => all.indexOf(each) === index);
    return `The condition may not use ${name}(); it may use ${allowed.join(', ')}.`;
  }
  const checked = parsed.check();
  if (!checked.valid) return `The condition is not valid CEL: ${firstLine(checked.error)}.`;
  if (checked.type !== 'bool') return `The condition gives ${checked.type}, not true or false.`;
  const failures = PROBES.map((request) => failureOf(() => parsed(contextOf(request, {}))));
  const [failure] = failures;
  // A label that this instance has not got is another's.
  if (!failure || failures.includes(null) || failure.startsWith('No such key')) return null;
  return `The condition fails on every request: ${failure}.`;
}

/** Requests that say little and much: what fails on all of them would never hold. */
const PROBES: readonly DecisionRequest[] = [
  {},
  {
    model: 'coder-2',
    version: '2',
    tenant: 'acme',
    tier: 'free',
    language: 'python',
    surface: 'chat',
    feature: 'chat',
    prompt: 'x'.repeat(500),
    completion: 'x'.repeat(500),
    sampling: { temperature: 0.7, topP: 0.9, candidates: 2 },
  },
];

function failureOf(run: () => unknown): string | null {
  try {
    run();
    return null;
  } catch (error) {
    return firstLine(error);
  }
}

/** Longer values of a field are cut: they come from requests, and no name is as long. */
const FIELD_LENGTH = 1_000;

// Whoever sends a request must not be able to make a condition fail: what is no number is as if it were not given.
const numberOr = (value: unknown, other: number): number =>
  typeof value === 'number' && Number.isFinite(value) ? value : other;
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const wholeOf = (value: unknown): bigint => {
  const whole = Math.ceil(numberOr(value, 1));
  return BigInt(Number.isSafeInteger(whole) ? whole : Number.MAX_SAFE_INTEGER);
};

/** Compiles a condition; throws a plain `Error` for one that `whenProblem` refuses. The condition may throw. */
export function compileWhen(source: string): Condition {
  const problem = whenProblem(source);
  if (problem !== null) throw new Error(problem);
  const run = environment.parse(source);
  return (request, labels) => run(contextOf(request, labels)) === true;
}

/** The names of an expression, as this request fills them. */
function contextOf(request: DecisionRequest, labels: Readonly<Record<string, string>>) {
  const { sampling } = request;
  const context: Record<string, unknown> = {
    labels,
    prompt_length: BigInt(textOf(request.prompt).length),
    completion_length: BigInt(textOf(request.completion).length),
    // What was left to the model's default is not known.
    temperature: numberOr(sampling?.temperature, -1),
    top_p: numberOr(sampling?.topP, -1),
    candidates: wholeOf(sampling?.candidates),
  };
  for (const name of STRINGS) context[name] = textOf(request[name]).slice(0, FIELD_LENGTH);
  return context;
}
