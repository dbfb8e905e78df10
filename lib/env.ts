import { z } from 'zod';

/** Every variable is explained in .env.example; nothing else in the project reads process.env. */
const schema = z.object({
  NODE_ENV: z.enum(['development', 'production', 'test']).default('development'),
  PORT: z.coerce.number().int().min(1).max(65_535).default(3000),
  FEED_PORT: z.coerce.number().int().min(1).max(65_535).default(3001),
  DATABASE_URL: z
    .string()
    .refine((url) => /^postgres(ql)?:\/\//.test(url), 'must start with postgres:// or postgresql://')
    .optional(),
  /** Address to listen on; the demo keeps to 127.0.0.1 because everybody may sign in there. */
  STOPGAP_HOST: z.string().optional(),
  STOPGAP_DATA_DIR: z.string().min(1).default('.stopgap'),
  /** Public address of web; next-auth signs people in against it. */
  NEXTAUTH_URL: z.url().optional(),
  NEXTAUTH_SECRET: z.string().min(16).optional(),
  STOPGAP_SIGNING_KEY: z.string().optional(),
  STOPGAP_BUNDLE_KEY: z.string().optional(),
  STOPGAP_NATS_URL: z.string().min(1).optional(),
  STOPGAP_NATS_BUCKET: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,100}$/, 'must be letters, digits, _ and -')
    .optional(),
  STOPGAP_NATS_CREDENTIALS: z.string().min(1).optional(),
  STOPGAP_FEED_URL: z.url().optional(),
  STOPGAP_DEMO: z.enum(['0', '1']).default('0'),
  /** Instances that may report with one key: beyond it a leaked key cannot fill the fleet with made-up ones. */
  STOPGAP_INSTANCES_PER_KEY: z.coerce.number().int().min(1).max(1_000_000).default(10_000),
  STOPGAP_METRICS_TOKEN: z.string().min(16).optional(),
  /** Rules for secrets besides our own, in the form of gitleaks. */
  STOPGAP_GITLEAKS_CONFIG: z.string().min(1).optional(),
  STOPGAP_TRUST_PROXY: z.enum(['0', '1']).default('0'),
  OIDC_ISSUER: z.url().optional(),
  OIDC_CLIENT_ID: z.string().optional(),
  OIDC_CLIENT_SECRET: z.string().optional(),
  OIDC_TRUST_EMAIL: z.enum(['0', '1']).default('0'),
  OIDC_NAME: z.string().default('single sign-on'),
});

export type Env = z.infer<typeof schema>;

let parsed: Env | undefined;

/** The parsed environment; throws one plain line that names every variable that is wrong. */
export function env(): Env {
  if (parsed) return parsed;
  // An empty variable in a compose file or .env means "not set".
  const given = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ''));
  const result = schema.safeParse(given);
  if (!result.success) {
    const problems = result.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
    throw new Error(`Check the environment: ${problems.join('; ')}. See .env.example.`);
  }
  parsed = result.data;
  return parsed;
}

/** For the supervisor and tests, which set variables before other modules read them. */
export function setEnv(values: Partial<Record<keyof Env, string>>): void {
  Object.assign(process.env, values);
  parsed = undefined;
}
