import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import { type MigrationList, SchemaEngine, type SchemasContainer } from '@prisma/schema-engine-wasm';

// The engine that `prisma migrate` runs, as WebAssembly from npm: nothing to download, and the
// `_prisma_migrations` it writes is the one Prisma's own command line reads.

const root = path.resolve(import.meta.dirname, '../..');
const filters = { externalTables: [], externalEnums: [] };

/** Applies what is missing; answers the names applied, oldest first. */
export async function applyMigrations(url: string): Promise<string[]> {
  return withEngine(url, async (engine) => {
    const { appliedMigrationNames } = await engine.applyMigrations({
      migrationsList: await migrations(),
      filters,
    });
    return appliedMigrationNames;
  });
}

/** SQL that takes the migrations to `schema.prisma`; empty when they agree. Uses a scratch database. */
export async function diffMigrations(scratchUrl: string): Promise<string> {
  return withEngine(scratchUrl, async (engine) => {
    const result = await engine.diff({
      from: { tag: 'migrations', ...(await migrations()) },
      to: { tag: 'schemaDatamodel', ...(await datamodel()) },
      script: true,
      exitCode: null,
      shadowDatabaseUrl: null,
      filters,
    } as Parameters<SchemaEngine['diff']>[0]);
    const script = result.stdout ?? '';
    return script.includes('This is an empty migration') ? '' : script;
  });
}

// pg_catalog's "char" columns (OID 18), which the schema engine reads when it describes a database, are
// unknown to the adapter: they pass it as text and are named what they are afterwards.
const CHAR = 18;
const TEXT = 25;

type Adapter = Awaited<ReturnType<PrismaPg['connect']>>;
type Inner = {
  client: { query(script: string): Promise<unknown> };
  performIO(query: unknown): Promise<{ fields: { dataTypeID: number }[]; rows: unknown[] }>;
  queryRaw(query: unknown): Promise<{ columnTypes: number[]; rows: unknown[] }>;
  executeScript(script: string): Promise<void>;
};

class MigrationPg extends PrismaPg {
  readonly #open: Adapter[] = [];

  override async connect(): Promise<Adapter> {
    const adapter = forMigrations(await super.connect());
    this.#open.push(adapter);
    return adapter;
  }

  /** The engine leaves its connections open, and an open one keeps a template database from being cloned. */
  async close(): Promise<void> {
    await Promise.all(this.#open.map((adapter) => adapter.dispose()));
  }

  override async connectToShadowDb(): Promise<Adapter> {
    return forMigrations(await super.connectToShadowDb());
  }
}

/** The adapter, able to describe any database and to run scripts whose functions contain semicolons. */
function forMigrations(adapter: Adapter): Adapter {
  const inner = adapter as unknown as Inner;
  const charColumns = new WeakMap<unknown[], number[]>();
  const performIO = inner.performIO.bind(adapter);
  inner.performIO = async (query) => {
    const result = await performIO(query);
    const columns = result.fields.flatMap((field, index) => (field.dataTypeID === CHAR ? [index] : []));
    charColumns.set(result.rows, columns);
    for (const index of columns) Object.assign(result.fields[index] ?? {}, { dataTypeID: TEXT });
    return result;
  };
  const queryRaw = inner.queryRaw.bind(adapter);
  inner.queryRaw = async (query) => {
    const result = await queryRaw(query);
    for (const index of charColumns.get(result.rows) ?? [])
      result.columnTypes[index] = ColumnTypeEnum.Character;
    return result;
  };
  // Its own version splits a script at every semicolon; Postgres itself reads a whole script correctly.
  inner.executeScript = async (script) => {
    await inner.client.query(script);
  };
  return adapter;
}

async function withEngine<T>(url: string, work: (engine: SchemaEngine) => Promise<T>): Promise<T> {
  const connections = new MigrationPg({ connectionString: url });
  const factory = bindMigrationAwareSqlAdapterFactory(connections);
  const engine = await SchemaEngine.new({ datamodels: undefined }, () => undefined, factory);
  try {
    return await work(engine);
  } finally {
    engine.free();
    await connections.close();
  }
}

async function datamodel(): Promise<SchemasContainer> {
  const file = path.join(root, 'prisma/schema.prisma');
  return { files: [{ path: file, content: await readFile(file, 'utf8') }] };
}

async function migrations(): Promise<MigrationList> {
  const baseDir = path.join(root, 'prisma/migrations');
  const names = (await readdir(baseDir, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const migrationDirectories = await Promise.all(
    names
      .map((entry) => entry.name)
      .sort()
      .map(async (name) => ({
        path: name,
        migrationFile: {
          path: 'migration.sql',
          content: {
            tag: 'ok' as const,
            value: await readFile(path.join(baseDir, name, 'migration.sql'), 'utf8'),
          },
        },
      })),
  );
  const lockfile = { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' };
  return { baseDir, lockfile, shadowDbInitScript: '', migrationDirectories };
}
