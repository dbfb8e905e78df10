import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startPostgres } from '#lib/postgres/embedded';
import { diffMigrations } from '#lib/postgres/migrations';
import { ROOT } from './environment.ts';

// `npm run db:diff -- NAME`: writes what takes the migrations to prisma/schema.prisma as the next migration.

const [name = ''] = process.argv.slice(2);
if (!/^[a-z][a-z0-9_]{2,60}$/.test(name)) {
  console.error(
    'Give the migration a name of small letters, digits and underscores: npm run db:diff -- add_tags',
  );
  process.exit(2);
}
const scratch = mkdtempSync(path.join(tmpdir(), 'stopgap-diff-'));
const server = await startPostgres(scratch);
try {
  const script = await diffMigrations(server.url);
  if (script === '') console.log('prisma/schema.prisma and the migrations agree; nothing to write.');
  else {
    const stamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
    const folder = path.join(ROOT, 'prisma/migrations', `${stamp}_${name}`);
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'migration.sql'), script);
    console.log(`Wrote ${path.relative(ROOT, folder)}/migration.sql. Read it before you commit it.`);
  }
} finally {
  await server.stop();
  rmSync(scratch, { recursive: true, force: true });
}
