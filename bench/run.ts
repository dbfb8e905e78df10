import { z } from 'zod';

// `npm run bench -- NAME [--key value]`: progress on standard error, one JSON document on standard output.
const BENCHES: Record<string, () => Promise<{ run(options: Record<string, string>): Promise<unknown> }>> = {
  adoption: () => import('./adoption.ts'),
  agreement: () => import('./agreement.ts'),
  backtest: () => import('./backtest.ts'),
  claim: () => import('./claim.ts'),
  'cluster-quality': () => import('./cluster-quality.ts'),
  clusters: () => import('./clusters.ts'),
  engine: () => import('./engine.ts'),
  'engine-against': () => import('./engine-against.ts'),
  fanout: () => import('./fanout.ts'),
  insights: () => import('./insights.ts'),
  'next-item': () => import('./next-item.ts'),
  publish: () => import('./publish.ts'),
  search: () => import('./search.ts'),
  ingest: () => import('./ingest.ts'),
  sidecar: () => import('./sidecar.ts'),
};

function parseOptions(words: string[]): Record<string, string> {
  const options: Record<string, string> = {};
  for (let index = 0; index < words.length; index += 2) {
    const name = words[index];
    const value = words[index + 1];
    if (!name?.startsWith('--') || value === undefined) {
      throw new Error(`Cannot read "${words.slice(index).join(' ')}"; options are --key value.`);
    }
    options[name.slice(2)] = value;
  }
  return options;
}

const [name, ...words] = process.argv.slice(2);
const load = name === undefined ? undefined : BENCHES[name];
if (!load) {
  console.error(`Usage: npm run bench -- NAME [--key value]. Names: ${Object.keys(BENCHES).join(', ')}.`);
  process.exit(2);
}
try {
  const bench = await load();
  const result = await bench.run(parseOptions(words));
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  process.exit(0);
} catch (error) {
  console.error(error instanceof z.ZodError ? z.prettifyError(error) : error);
  process.exit(1);
}
