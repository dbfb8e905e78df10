import { defineConfig } from 'prisma/config';

// `prisma generate` needs no schema engine, yet Prisma would download one; migrations run through the
// WebAssembly engine in lib/migrations.ts. Any existing program satisfies the check.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath;

export default defineConfig({ schema: 'prisma/schema.prisma' });
